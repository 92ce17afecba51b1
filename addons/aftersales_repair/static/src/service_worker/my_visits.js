// @odoo-module ignore

/**
 * Opens My Visits when the connection is away.
 *
 * It keeps two things: the shell (scripts, styles, fonts: nobody's), and the pages of one
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
const PAGE = /^\/my-visits(\/\d+)?$/;
const SHELL_PATHS = ["/web/assets/", "/web/static/", "/web/webclient/translations", "/website/translations"];

self.addEventListener("install", (event) => {
    event.waitUntil(
        caches.open(SHELL).then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" })))
    );
    self.skipWaiting();
});

self.addEventListener("activate", (event) => {
    event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) {
        return;
    }
    if (request.mode === "navigate" && PAGE.test(url.pathname)) {
        event.respondWith(openPage(request));
    } else if (SHELL_PATHS.some((path) => url.pathname.startsWith(path))) {
        event.respondWith(openShell(request));
    }
});

self.addEventListener("message", (event) => {
    // The page asks for the visits it lists, so that they open later.
    const urls = (event.data?.keep || []).filter((path) => PAGE.test(path)).slice(0, MOST_PAGES);
    event.waitUntil(keepAll(urls));
});

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
    const old = keys.filter((key) => !key.url.endsWith(OFFLINE)).slice(0, -most);
    await Promise.all(old.map((key) => cache.delete(key)));
}
