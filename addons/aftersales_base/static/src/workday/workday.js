import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { formatSpan } from "../fields/clock_field";

const MINUTE = 60 * 1000;
const COLORS = { late: "danger", at_risk: "warning", today: "warning", waiting: "info", unassigned: "primary" };

/** The first screen of the day: what is mine, in the order of the clocks, and each a click. */
export class Workday extends Component {
    static template = "aftersales_base.Workday";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ work: null, now: luxon.DateTime.now() });
        onWillStart(() => this.load());
        const timer = browser.setInterval(() => {
            this.state.now = luxon.DateTime.now();
        }, MINUTE);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    async load() {
        const work = await this.orm.call("aftersales.workday", "get_today", []);
        for (const item of work.items) {
            item.moment = item.due && deserializeDateTime(item.due);
        }
        this.state.work = work;
        this.state.now = luxon.DateTime.now();
    }

    get isEmpty() {
        const { items, todos } = this.state.work;
        return !items.length && !todos.length;
    }

    get unassigned() {
        return this.state.work.groups.find((group) =>
            group.counts.some((count) => count.key === "unassigned" && count.count)
        );
    }

    shown(group) {
        return group.counts.filter((count) => count.count);
    }

    color(count) {
        return `text-bg-${COLORS[count.key] || "secondary"}`;
    }

    /** How long until it is due, in words beside the colour. */
    clock(item) {
        if (item.clock === "paused") {
            return { text: _t("Paused"), color: "text-bg-info" };
        }
        if (!item.moment) {
            return { text: _t("No limit"), color: "text-bg-light" };
        }
        const left = item.moment - this.state.now;
        const span = formatSpan(left);
        if (left < 0) {
            return { text: _t("Late by %s", span), color: "text-bg-danger" };
        }
        const soon = item.clock === "at_risk";
        return { text: _t("%s left", span), color: soon ? "text-bg-warning" : "text-bg-success" };
    }

    tooltip(item) {
        return item.moment ? formatDateTime(item.moment) : "";
    }

    dayText(todo) {
        if (!todo.days_late) {
            return _t("Today");
        }
        return todo.days_late === 1 ? _t("Yesterday") : _t("%s days ago", todo.days_late);
    }

    openRecord(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    async openList(group, key) {
        const action = await this.orm.call("aftersales.workday", "open_list", [group.model, key]);
        return this.action.doAction(action);
    }

    newRequest() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "aftersales.request",
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("aftersales_workday", Workday);
