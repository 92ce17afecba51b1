// @odoo-module ignore

/**
 * Opens My Visits when the connection is away.
 *
 * It keeps two things: the shell (scripts, styles, fonts, logo: nobody's), and the pages of one
 * technician as the server sent them last. Each page says by a word whose it is; pages of anybody
 * else are thrown away before a new one is kept. The login page throws all of them away, and so
 * does their age. Only pages are kept that were asked for and answered as such: no redirect, no
 * error, no picture, nothing that was sent.
 */
const PAGES = "aftersales-visits-pages";
const SHELL = "aftersales-visits-shell";
const OFFLINE = "/my-visits/offline";
const OWNER = "X-Aftersales-Owner";
const KEPT_AT = "X-Aftersales-Kept-At";
const KEEP_HOURS = 12;
const MOST_SHELL = 80;
const MOST_PAGES = 30;
const PAGE = /^\/my-visits(\/(order\/)?\d+)?$/;
const SHELL_PATHS = [
    "/web/assets/",
    "/web/static/",
    "/web/webclient/translations",
    "/website/translations",
    // Without it its name stands there, and makes the page wider than the phone.
    "/logo.png",
    "/web/image/website/",
];

// Loaded by a page that asks for a signature, not by the one that lists the visits.
const SIGNING = "/web/static/lib/signature_pad/signature_pad.umd.js";
const FONTS = "/web/sign/get_fonts/";

self.addEventListener("install", (event) => {
    event.waitUntil(
        caches.open(SHELL).then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" })))
    );
    event.waitUntil(keepShell([SIGNING]));
    self.skipWaiting();
});

self.addEventListener("activate", (event) => {
    event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method === "POST" && url.pathname.startsWith(FONTS)) {
        event.respondWith(openFonts(request));
    }
    if (request.method !== "GET" || url.origin !== self.location.origin) {
        return;
    }
    if (request.mode === "navigate" && PAGE.test(url.pathname)) {
        event.respondWith(openPage(request));
    } else if (isShell(url)) {
        event.respondWith(openShell(request));
    }
});

self.addEventListener("message", (event) => {
    // The page asks for what it lists, so that it opens later, and for what it was made of: the
    // first page a phone opens is there before this script is.
    const urls = (event.data?.keep || []).filter((path) => PAGE.test(path)).slice(0, MOST_PAGES);
    event.waitUntil(keepShell(event.data?.shell || []).then(() => keepAll(urls)));
});

function isShell(url) {
    return (
        url.origin === self.location.origin &&
        SHELL_PATHS.some((path) => url.pathname.startsWith(path))
    );
}

async function openPage(request) {
    let response;
    try {
        response = await fetch(request);
    } catch {
        return (await readPage(request)) || caches.match(OFFLINE, { cacheName: SHELL });
    }
    await keepPage(request.url, response.clone());
    return response;
}

/** Keep a page of its owner; what is no page any more is not kept either. */
async function keepPage(url, response) {
    const path = new URL(url).pathname;
    const owner = response.headers.get(OWNER);
    if (!response.ok || response.redirected || !owner) {
        const isGone = response.type === "opaqueredirect" || response.redirected;
        if (isGone && path === "/my-visits") {
            // Nobody is logged in, or somebody who goes on no visits.
            await caches.delete(PAGES);
        } else if (isGone || response.status === 404) {
            await (await caches.open(PAGES)).delete(path);
        }
        return;
    }
    await forgetOthers(owner);
    const headers = new Headers(response.headers);
    headers.set(KEPT_AT, String(Date.now()));
    const body = await response.text();
    const cache = await caches.open(PAGES);
    await cache.put(path, new Response(body, { headers }));
    await prune(cache, MOST_PAGES);
}

async function forgetOthers(owner) {
    const cache = await caches.open(PAGES);
    for (const key of await cache.keys()) {
        const kept = await cache.match(key);
        if (kept?.headers.get(OWNER) !== owner) {
            await caches.delete(PAGES);
            return;
        }
    }
}

/** Return a kept page, marked as such, unless it is too old to be shown. */
async function readPage(request) {
    const cache = await caches.open(PAGES);
    const kept = await cache.match(new URL(request.url).pathname);
    if (!kept) {
        return null;
    }
    const keptAt = Number(kept.headers.get(KEPT_AT));
    if (!keptAt || Date.now() - keptAt > KEEP_HOURS * 3600 * 1000) {
        await caches.delete(PAGES);
        return null;
    }
    const body = (await kept.text()).replace("<html", `<html data-kept-at="${keptAt}"`);
    return new Response(body, { headers: kept.headers });
}

async function keepAll(paths) {
    for (const path of paths) {
        try {
            await keepPage(
                new URL(path, self.location.origin).href,
                await fetch(path, { credentials: "same-origin", redirect: "manual" })
            );
        } catch {
            return;
        }
    }
}

/** Keep scripts, styles and fonts that are not kept yet. */
async function keepShell(urls) {
    const cache = await caches.open(SHELL);
    const wanted = urls.map((url) => new URL(url, self.location.origin)).filter(isShell);
    for (const { href } of wanted.slice(0, MOST_SHELL)) {
        try {
            if (!(await cache.match(href))) {
                await cache.add(href);
            }
        } catch {
            // What is not there now is kept when a page asks for it.
        }
    }
    await prune(cache, MOST_SHELL);
}

/** A signature is drawn; the fonts to type one in are of no use without connection. */
async function openFonts(request) {
    try {
        return await fetch(request);
    } catch {
        return Response.json({ jsonrpc: "2.0", id: null, result: [] });
    }
}

async function openShell(request) {
    const cache = await caches.open(SHELL);
    // What is named by its content never changes.
    const kept = await cache.match(request);
    if (kept && new URL(request.url).pathname.startsWith("/web/assets/")) {
        return kept;
    }
    try {
        const response = await fetch(request);
        if (response.ok && response.status === 200 && !response.redirected) {
            await cache.put(request, response.clone());
            await prune(cache, MOST_SHELL);
        }
        return response;
    } catch (error) {
        if (kept) {
            return kept;
        }
        throw error;
    }
}

/** Forget what was kept first when there is too much of it. */
async function prune(cache, most) {
    const keys = await cache.keys();
    const needed = [OFFLINE, SIGNING];
    const old = keys.filter((key) => !needed.some((path) => key.url.endsWith(path))).slice(0, -most);
    await Promise.all(old.map((key) => cache.delete(key)));
}
