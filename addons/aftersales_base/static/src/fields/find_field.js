import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useChildRef, useService } from "@web/core/utils/hooks";
import { CharField, charField } from "@web/views/fields/char/char_field";
import { useInputField } from "@web/views/fields/input_field_hook";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

const ICONS = { unit: "fa-barcode", document: "fa-file-text-o", customer: "fa-user-o" };

/**
 * One box for a serial, a phone number, a document or a name: choosing what was found fills in
 * product and customer, and who or what is not known yet is made without leaving the form.
 */
export class FindField extends CharField {
    static template = "aftersales_base.FindField";
    static components = { ...CharField.components, AutoComplete };

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.inputRef = useChildRef();
        useInputField({
            getValue: () => this.props.record.data[this.props.name] || "",
            parse: (value) => this.parse(value),
            ref: this.inputRef,
        });
    }

    get sources() {
        return [
            {
                placeholder: _t("Searching..."),
                optionSlot: "found",
                options: (term) => this.search(term),
            },
        ];
    }

    async search(term) {
        if (term.length < 2) {
            return [];
        }
        const found = await this.orm.call(this.props.record.resModel, "find_for_box", [term]);
        const options = found.map((data) => ({
            data: { ...data, icon: ICONS[data.kind] },
            label: data.label,
            onSelect: () => this.choose(data),
        }));
        return [...options, ...this.getNewOptions(term, found)];
    }

    /** What can be made of the words when nothing that was found is meant. */
    getNewOptions(term, found) {
        const isNumber = /^[+\d][\d\s()./-]{4,}$/.test(term);
        const options = [
            {
                cssClass: "o_aftersales_find_new",
                label: _t('New customer "%s"', term),
                data: { icon: "fa-plus" },
                onSelect: () => this.make("res.partner", isNumber ? "phone" : "name", term),
            },
        ];
        if (/\d/.test(term) && !found.some((data) => data.kind === "unit")) {
            options.push({
                cssClass: "o_aftersales_find_new",
                label: _t('New product with serial "%s"', term),
                data: { icon: "fa-plus" },
                onSelect: () => this.make("aftersales.unit", "serial", term),
            });
        }
        return options;
    }

    async choose({ label, vals }) {
        await this.props.record.update({ [this.props.name]: label, ...vals });
    }

    make(resModel, fieldName, term) {
        const isUnit = resModel === "aftersales.unit";
        const partner = this.props.record.data.partner_id;
        this.dialog.add(FormViewDialog, {
            resModel,
            title: isUnit ? _t("New Installed Product") : _t("New Customer"),
            context: {
                [`default_${fieldName}`]: term,
                ...(isUnit ? { default_to_check: true } : {}),
                ...(isUnit && partner ? { default_partner_id: partner.id } : {}),
            },
            onRecordSaved: (record) => this.take(resModel, record),
        });
    }

    async take(resModel, record) {
        const made = { id: record.resId, display_name: record.data.display_name || record.data.name };
        const vals =
            resModel === "aftersales.unit"
                ? { unit_id: made, partner_id: record.data.partner_id }
                : { partner_id: made };
        await this.props.record.update(vals);
    }
}

export const findField = { ...charField, component: FindField };

registry.category("fields").add("aftersales_find", findField);
