import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const MINUTE = 60 * 1000;
const CLASSES = {
    on_time: "text-bg-success",
    at_risk: "text-bg-warning",
    late: "text-bg-danger",
    paused: "text-bg-info",
    met: "text-bg-success",
    missed: "text-bg-danger",
};

/** Two units at most: nobody plans by the minutes of a day after next. */
export function formatSpan(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / MINUTE);
    const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
    if (days) {
        return hours ? _t("%(days)s d %(hours)s h", { days, hours }) : _t("%s d", days);
    }
    if (hours) {
        return rest ? _t("%(hours)s h %(minutes)s min", { hours, minutes: rest }) : _t("%s h", hours);
    }
    return _t("%s min", rest);
}

/** How long until the next limit, or how late, in words beside the colour. */
export class ClockField extends Component {
    static template = "aftersales_base.ClockField";
    static props = { ...standardFieldProps };

    setup() {
        this.now = useState({ value: luxon.DateTime.now() });
        const timer = browser.setInterval(() => {
            this.now.value = luxon.DateTime.now();
        }, MINUTE);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get deadline() {
        return this.props.record.data[this.props.name];
    }

    /** The state as the server said it, moved on by the time the page has been open. */
    get state() {
        const state = this.props.record.data.sla_state;
        const isRunning = state === "on_time" || state === "at_risk";
        return isRunning && this.deadline && this.deadline < this.now.value ? "late" : state;
    }

    get text() {
        const span = this.deadline ? formatSpan(this.deadline - this.now.value) : "";
        switch (this.state) {
            case "on_time":
            case "at_risk":
                return span && _t("%s left", span);
            case "late":
                return _t("Late by %s", span);
            case "paused":
                return _t("Paused");
            case "met":
                return _t("In time");
            case "missed":
                return _t("Too late");
        }
        return "";
    }

    get className() {
        return CLASSES[this.state] || "text-bg-secondary";
    }

    get tooltip() {
        return this.deadline ? formatDateTime(this.deadline) : "";
    }
}

export const clockField = {
    component: ClockField,
    supportedTypes: ["datetime"],
    fieldDependencies: [{ name: "sla_state", type: "selection", readonly: true }],
};

registry.category("fields").add("aftersales_clock", clockField);
