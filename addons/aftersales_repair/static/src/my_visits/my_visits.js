import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { Kept } from "./kept";

const PATIENCE = 30000;
const RETRY = 30000;
const SENT = "aftersales.visits.sent";
// Made anew for each page or each sending.
const UNKEPT = ["csrf_token", "key"];
const OTHER_CLOCK = { clock_start: "clock_stop", clock_stop: "clock_start" };
const ALERTS = {
    kept: "alert-warning",
    open: "alert-warning",
    login: "alert-warning",
    draft: "alert-info",
    sent: "alert-success",
    sending: "alert-light",
    error: "alert-danger",
};

/**
 * The technician's day on his phone, where the connection comes and goes.
 *
 * What he types is kept as he types; what he submits is kept until the server has accepted it, and
 * sent again when the connection is back. Each form has a key, so the server does it once however
 * often it arrives. Without this script the forms are posted as usual.
 */
export class MyVisits extends Interaction {
    static selector = ".o_aftersales_my_visits";
    dynamicContent = {
        _root: { "t-on-aftersales-visit-signed": this.onSigned },
        _window: { "t-on-online": this.flush },
        "form[data-step]": {
            "t-on-submit": this.onSubmit,
            "t-on-input": this.onInput,
            "t-on-change": this.onInput,
        },
        "[data-retry]": { "t-on-click": this.flush },
        "[data-discard]": { "t-on-click": this.onDiscard },
    };

    setup() {
        this.kept = new Kept(this.el.dataset.owner);
        this.forms = [...this.el.querySelectorAll("form[data-step]")];
        // Pictures are too large to be kept; they wait as long as the page is open.
        this.files = new Map();
        this.showKeptPage();
        this.cleanOver();
        this.restore();
        this.showWaiting();
    }

    start() {
        if (sessionStorage.getItem(SENT)) {
            sessionStorage.removeItem(SENT);
            this.show("sent");
        }
        this.keepPages();
        this.flush();
    }

    // -------------------------------------------------------------------------
    // Pages without connection
    // -------------------------------------------------------------------------

    /** Say that the page is one the phone kept, and give its forms keys of their own. */
    showKeptPage() {
        const { keptAt } = document.documentElement.dataset;
        if (!keptAt) {
            return;
        }
        const notice = this.el.querySelector("[data-kept-page]");
        notice.classList.remove("d-none");
        notice.querySelector("[data-kept-time]").textContent = this.formatTime(Number(keptAt));
        for (const form of this.forms) {
            form.elements.namedItem("key").value = this.makeKey();
        }
    }

    /** Let the phone open this page, and the visits it lists, without connection. */
    async keepPages() {
        if (!navigator.serviceWorker || document.documentElement.dataset.keptAt) {
            return;
        }
        try {
            await navigator.serviceWorker.register("/my-visits/service-worker.js", {
                scope: "/my-visits",
                updateViaCache: "none",
            });
            const { active } = await navigator.serviceWorker.ready;
            const links = [...this.el.querySelectorAll("a[data-visit-page]")];
            const pages = links.map((link) => link.getAttribute("href"));
            active?.postMessage({
                keep: [...new Set([window.location.pathname, ...pages])],
                shell: performance.getEntriesByType("resource").map((entry) => entry.name),
            });
        } catch {
            // A browser that keeps no pages works as before.
        }
    }

    formatTime(time) {
        return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    }

    makeKey() {
        const bytes = crypto.getRandomValues(new Uint8Array(24));
        return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    // -------------------------------------------------------------------------
    // What was typed
    // -------------------------------------------------------------------------

    getValues(form) {
        return [...new FormData(form)].filter(
            ([name, value]) => typeof value === "string" && !UNKEPT.includes(name)
        );
    }

    /** What a button says beside saving, such as that the work is over: said once, it stays said. */
    getPressed(form, button) {
        if (button?.name) {
            return [[button.name, button.value]];
        }
        const waiting = this.findWaiting(form);
        const names = [...form.querySelectorAll("button[name]")].map((one) => one.name);
        return (waiting?.values || []).filter(([name]) => names.includes(name));
    }

    /**
     * A key of its own for what says something else than what waits: the server may have that
     * already, and would take this for the same.
     */
    getKey(form, values) {
        const waiting = !form.dataset.repeated && this.findWaiting(form);
        if (!waiting) {
            return form.elements.namedItem("key").value;
        }
        const isSame = JSON.stringify(waiting.values) === JSON.stringify(values);
        return isSame ? waiting.key : this.makeKey();
    }

    findWaiting({ dataset: { visit, step } }) {
        return this.kept.outbox.find((entry) => entry.visit === visit && entry.step === step);
    }

    onInput(ev) {
        const form = ev.currentTarget;
        this.kept.setDraft(form.dataset.visit, form.dataset.step, this.getValues(form));
        this.markLimits(form);
    }

    onDiscard() {
        for (const form of this.forms) {
            this.kept.removeDraft(form.dataset.visit, form.dataset.step);
        }
        for (const entry of this.kept.outbox) {
            if (entry.visit === this.el.dataset.visit) {
                this.kept.unqueue(entry.key);
            }
        }
        window.location.reload();
    }

    /** Forget what was typed for steps that were taken meanwhile; a visit put back keeps it. */
    cleanOver() {
        const { visit, over } = this.el.dataset;
        if (visit && over) {
            this.kept.keepDrafts(
                visit,
                this.forms.map((form) => form.dataset.step)
            );
        }
    }

    restore() {
        for (const form of this.forms) {
            const { visit, step } = form.dataset;
            const draft = this.kept.getDraft(visit, step);
            if (draft) {
                this.fill(form, draft.values);
                this.restored = Math.max(draft.time, this.restored || 0);
            }
            this.markLimits(form);
        }
        for (const entry of this.kept.outbox) {
            const form = this.findForm(entry);
            if (form && !entry.repeated && !this.kept.getDraft(entry.visit, entry.step)) {
                this.fill(form, entry.values);
            }
        }
    }

    findForm({ visit, step }) {
        return this.forms.find((form) => form.dataset.visit === visit && form.dataset.step === step);
    }

    fill(form, values) {
        for (const box of form.querySelectorAll("input[type=checkbox]")) {
            box.checked = values.some(([name]) => name === box.name);
        }
        for (const [name, value] of values) {
            const field = form.elements.namedItem(name);
            if (field && field.type !== "checkbox") {
                field.value = value;
            }
        }
        form.closest("details")?.setAttribute("open", "");
        form.classList.remove("collapse");
    }

    /** Show a measured value that lies outside of its limits. */
    markLimits(form) {
        for (const field of form.querySelectorAll("[data-limited]")) {
            const value = parseFloat(field.value.replace(",", "."));
            const { least, most } = field.dataset;
            const out = value < parseFloat(least) || value > parseFloat(most);
            field.classList.toggle("is-invalid", out);
            field.classList.toggle("text-danger", out);
        }
    }

    // -------------------------------------------------------------------------
    // Sending
    // -------------------------------------------------------------------------

    onSubmit(ev) {
        const form = ev.currentTarget;
        if (!this.kept.works) {
            // Sent as any form is; a second tap is no second form.
            this.waitForTimeout(() => this.setBusy(form, true), 0);
            return;
        }
        ev.preventDefault();
        if (form.hasAttribute("data-busy")) {
            return;
        }
        this.setBusy(form, true);
        this.submitted = true;
        const { visit, step, repeated } = form.dataset;
        const values = [...this.getValues(form), ...this.getPressed(form, ev.submitter)];
        const entry = {
            key: this.getKey(form, values),
            url: form.getAttribute("action"),
            visit,
            step,
            repeated: Boolean(repeated),
            values,
            time: Date.now(),
        };
        const files = [...new FormData(form)].filter(
            ([, value]) => typeof value !== "string" && value.size
        );
        if (files.length) {
            this.files.set(entry.key, { entry, files });
        } else {
            this.kept.queue(entry);
        }
        return this.flush();
    }

    /** Keep the customer's signature, and send it after what was submitted before. */
    onSigned(ev) {
        if (!this.kept.works) {
            return;
        }
        const { name, signature } = ev.detail;
        const { visit } = this.el.dataset;
        const taken = this.kept.queue({
            key: this.makeKey(),
            url: `/my-visits/${visit}/signature`,
            visit,
            step: "signature",
            repeated: false,
            values: [
                ["name", name],
                ["signature", signature],
            ],
            time: Date.now(),
        });
        if (taken) {
            ev.preventDefault();
            this.submitted = true;
            this.flush();
        }
    }

    setBusy(form, busy) {
        form.toggleAttribute("data-busy", busy);
        for (const button of form.querySelectorAll("button[type=submit]")) {
            button.disabled = busy;
        }
    }

    getWaiting() {
        return [...this.kept.outbox, ...[...this.files.values()].map(({ entry }) => entry)];
    }

    /** Send what waits, one after the other; one run at a time. */
    async flush() {
        if (this.flushing) {
            this.again = true;
            return;
        }
        this.flushing = true;
        try {
            do {
                this.again = false;
                await this.sendAll();
            } while (this.again);
        } finally {
            this.flushing = false;
        }
    }

    async sendAll() {
        let url = "";
        let error = "";
        for (const entry of this.getWaiting()) {
            this.show("sending");
            const answer = await this.send(entry);
            if (this.isDestroyed) {
                return;
            }
            if (answer.waits) {
                this.showWaiting(answer.waits);
                return;
            }
            this.kept.unqueue(entry.key);
            this.files.delete(entry.key);
            if (answer.error) {
                error = answer.error;
                this.release(entry);
            } else {
                this.dropDraft(entry);
                url = answer.url;
            }
        }
        if (error) {
            this.show("error", error);
        } else if (url) {
            sessionStorage.setItem(SENT, "1");
            this.goOn(url);
        }
    }

    /**
     * @returns {Object} `url` to go on to, or `error` in words, or why it `waits`
     */
    async send(entry) {
        const body = new FormData();
        const files = this.files.get(entry.key)?.files || [];
        for (const [name, value] of [...entry.values, ...files]) {
            body.append(name, value);
        }
        body.append("csrf_token", odoo.csrf_token);
        body.append("key", entry.key);
        body.append("owner", this.el.dataset.owner);
        body.append("answer", "json");
        // In seconds, for the clock of a phone may be wrong.
        body.append("ago", Math.round((Date.now() - entry.time) / 1000));
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), PATIENCE);
        try {
            const response = await fetch(entry.url, { method: "POST", body, signal: stop.signal });
            const isJson = response.headers.get("content-type")?.includes("json");
            if (response.ok && isJson) {
                return await response.json();
            }
            // The page of the login, or a form that is too old: he is not logged in any more.
            return { waits: response.ok || response.status === 400 ? "login" : "kept" };
        } catch {
            return { waits: "kept" };
        } finally {
            clearTimeout(timer);
        }
    }

    /** Forget what was typed and is accepted now; what was typed since then stays. */
    dropDraft(entry) {
        const draft = this.kept.getDraft(entry.visit, entry.step);
        if (draft && draft.time <= entry.time) {
            this.kept.removeDraft(entry.visit, entry.step);
        }
    }

    /** Let what was refused be put right and sent again. */
    release(entry) {
        const form = this.findForm(entry);
        if (form) {
            this.setBusy(form, false);
        }
        if (entry.step in OTHER_CLOCK) {
            this.showClock({ visit: entry.visit, step: OTHER_CLOCK[entry.step] });
        }
        if (entry.step === "signature") {
            this.el.querySelector("[data-to-sign]")?.classList.remove("d-none");
            this.el.querySelector("[data-signed]")?.classList.add("d-none");
        }
    }

    /** Go where the step leads; what was left from before does not lead anybody away. */
    goOn(url) {
        if (this.submitted && url !== window.location.pathname) {
            window.location.assign(url);
        } else {
            window.location.reload();
        }
    }

    // -------------------------------------------------------------------------
    // What is said
    // -------------------------------------------------------------------------

    showWaiting(why = "kept") {
        const waiting = this.getWaiting();
        for (const entry of waiting) {
            const form = this.findForm(entry);
            if (form && entry.repeated && form.hasAttribute("data-busy")) {
                this.renew(form);
            }
            if (form) {
                // It can be changed and sent again: the later one takes the place of the earlier.
                this.setBusy(form, false);
            }
            if (entry.step === "arrive") {
                // He is there, whether we know it or not.
                this.el.querySelector("#finish")?.classList.remove("collapse");
            }
            this.showSignature(entry);
            this.showClock(entry);
        }
        clearTimeout(this.retry);
        if (waiting.length && why === "kept") {
            // Not each loss of the connection is told to the browser.
            this.retry = this.waitForTimeout(() => this.flush(), RETRY);
        }
        if (why === "kept" && this.files.size) {
            this.show("open");
        } else if (waiting.length) {
            this.show(why);
        } else if (this.restored) {
            this.show("draft");
        }
    }

    /** The customer signs what is finished, and what he signed is shown, sent or not. */
    showSignature(entry) {
        const box = this.el.querySelector("[data-signature]");
        if (!box || entry.visit !== this.el.dataset.visit) {
            return;
        }
        const values = Object.fromEntries(entry.values);
        const failed = box.dataset.failed.split(" ");
        if (entry.step === "finish" && !failed.includes(values.result)) {
            if (box.classList.contains("d-none")) {
                box.classList.remove("d-none");
                window.dispatchEvent(new Event("aftersales-visit-sign"));
            }
        } else if (entry.step === "signature") {
            box.classList.remove("d-none");
            box.querySelector("[data-to-sign]").classList.add("d-none");
            box.querySelector("[data-signed]").classList.remove("d-none");
            box.querySelector("[data-signed-by]").textContent = values.name;
        }
    }

    /** Show that the clock was started or stopped, sent or not. */
    showClock({ visit, step }) {
        const box = this.el.querySelector(`[data-clock="${visit}"]`);
        if (box && step in OTHER_CLOCK) {
            for (const form of box.querySelectorAll("form[data-step]")) {
                form.classList.toggle("d-none", form.dataset.step === step);
            }
        }
    }

    /** Make a form ready for the next of its kind, such as another part. */
    renew(form) {
        form.reset();
        form.elements.namedItem("key").value = this.makeKey();
        this.kept.removeDraft(form.dataset.visit, form.dataset.step);
    }

    show(what, error = "") {
        const status = this.el.querySelector("[data-status]");
        status.classList.remove("d-none", ...Object.values(ALERTS));
        status.classList.add(ALERTS[what]);
        for (const text of status.querySelectorAll("[data-when]")) {
            text.classList.toggle("d-none", text.dataset.when !== what);
        }
        status.querySelector("[data-error]").textContent = error;
        status.querySelector("[data-time]").textContent = this.formatTime(
            this.restored || Date.now()
        );
        status.querySelector("[data-retry]").classList.toggle("d-none", !["kept", "open"].includes(what));
        status.querySelector("[data-discard]").classList.toggle("d-none", what !== "draft");
    }
}

registry.category("public.interactions").add("aftersales_repair.my_visits", MyVisits);
