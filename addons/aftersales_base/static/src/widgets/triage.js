import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, markup, useEffect, useState } from "@odoo/owl";

/** What helped against this symptom before: counted, readable, and taken over with a click. */
export class Triage extends Component {
    static template = "aftersales_base.Triage";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ remedies: [], scope: "", about: "", cases: 0, open: null });
        useEffect(
            () => {
                this.load();
            },
            () => this.asked
        );
    }

    get asked() {
        const { symptom_id, product_id, company_id } = this.props.record.data;
        return [symptom_id?.id || false, product_id?.id || false, company_id?.id || false];
    }

    async load() {
        const asked = this.asked;
        let found = { remedies: [], scope: "", about: "", cases: 0 };
        if (asked[0]) {
            found = await this.orm.silent.call("aftersales.triage", "suggest", asked);
        }
        if (asked.every((id, position) => id === this.asked[position])) {
            for (const remedy of found.remedies) {
                remedy.html = remedy.text && markup(remedy.text);
            }
            Object.assign(this.state, found, { open: null });
        }
    }

    isTaken(row) {
        const { remedy_id, cause_id } = this.props.record.data;
        return remedy_id?.id === row.remedy.id && (!row.cause || cause_id?.id === row.cause.id);
    }

    toggle(position) {
        this.state.open = this.state.open === position ? null : position;
    }

    take(row) {
        const vals = { remedy_id: row.remedy };
        if (row.cause) {
            vals.cause_id = row.cause;
        }
        return this.props.record.update(vals);
    }
}

export const triage = {
    component: Triage,
    fieldDependencies: ["symptom_id", "product_id", "company_id", "cause_id", "remedy_id"].map(
        (name) => ({ name, type: "many2one" })
    ),
};

registry.category("view_widgets").add("aftersales_triage", triage);
