import { registry } from "@web/core/registry";

const PAGES = "aftersales-visits-pages";

/**
 * Throw away the pages that are kept for times without connection, where somebody else may log in.
 *
 * Whoever logs out comes to the login page, and so does whoever logs in after him.
 */
export const forgetVisits = {
    start() {
        if ("caches" in window && window.location.pathname.startsWith("/web/login")) {
            window.caches.delete(PAGES).catch(() => {});
        }
    },
};

registry.category("services").add("aftersales_repair.forget_visits", forgetVisits);
