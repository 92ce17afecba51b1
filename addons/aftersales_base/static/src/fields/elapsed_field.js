import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

const COLORS = {
    running: "bg-success",
    ending: "bg-warning",
    void: "bg-danger",
};

/** How much of a warranty's time is over: a bar, and below it "day 315 of 1096". */
export class ElapsedField extends Component {
    static template = "aftersales_base.ElapsedField";
    static props = { ...standardFieldProps };

    get text() {
        return this.props.record.data.elapsed_text || "";
    }

    get percent() {
        return Math.round(this.props.record.data[this.props.name] || 0);
    }

    get status() {
        return this.props.record.data.status;
    }

    get hasBar() {
        return !["pending", "upcoming", "void"].includes(this.status);
    }

    get color() {
        return COLORS[this.status] || "bg-secondary";
    }
}

export const elapsedField = {
    component: ElapsedField,
    displayName: _t("Elapsed Time"),
    supportedTypes: ["float"],
    fieldDependencies: [
        { name: "elapsed_text", type: "char", readonly: true },
        { name: "status", type: "selection", readonly: true },
    ],
};

registry.category("fields").add("aftersales_elapsed", elapsedField);
