import { FileInput } from "@web/core/file_input/file_input";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useEffect, useState } from "@odoo/owl";

const STEP = 40;

/** Every paper and picture of an installed product; files can be added. */
export class UnitDocuments extends Component {
    static template = "aftersales_base.UnitDocuments";
    static components = { FileInput };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({ files: [], more: false, may_add: false, loaded: false });
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
        const documents = await this.orm.silent.call(
            "aftersales.unit",
            "get_documents",
            [[resId]],
            { limit: this.limit }
        );
        if (resId === this.props.record.resId) {
            Object.assign(this.state, documents, { loaded: true });
        }
    }

    showOlder() {
        this.limit += this.limit;
        return this.load();
    }

    async onUpload(files) {
        for (const file of files.filter((file) => file.error)) {
            this.notification.add(file.error, { title: _t("Not uploaded"), type: "danger" });
        }
        await this.load();
    }
}

registry.category("view_widgets").add("aftersales_unit_documents", { component: UnitDocuments });
