import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useEffect, useState } from "@odoo/owl";

const STEP = 20;

/** What happened to an installed product, newest first, some at a time. */
export class UnitTimeline extends Component {
    static template = "aftersales_base.UnitTimeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ events: [], more: false, loaded: false });
        this.limit = STEP;
        useEffect(
            (resId, dirty) => {
                if (resId && !dirty) {
                    this.load();
                }
            },
            () => [this.props.record.resId, this.props.record.dirty]
        );
    }

    async load() {
        const { resId } = this.props.record;
        const timeline = await this.orm.silent.call("aftersales.unit", "get_timeline", [[resId]], {
            limit: this.limit,
        });
        if (resId === this.props.record.resId) {
            Object.assign(this.state, timeline, { loaded: true });
        }
    }

    showOlder() {
        this.limit += this.limit;
        return this.load();
    }

    open(event) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: event.res_model,
            res_id: event.res_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("aftersales_unit_timeline", { component: UnitTimeline });
