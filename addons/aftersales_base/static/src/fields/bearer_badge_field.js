import { registry } from "@web/core/registry";
import { BadgeField, badgeField } from "@web/views/fields/badge/badge_field";

/** A badge that names who pays and tells on hover why. */
export class BearerBadgeField extends BadgeField {
    static template = "aftersales_base.BearerBadgeField";

    get explanation() {
        return this.props.record.data.explanation || "";
    }
}

export const bearerBadgeField = {
    ...badgeField,
    component: BearerBadgeField,
    fieldDependencies: [{ name: "explanation", type: "char", readonly: true }],
};

registry.category("fields").add("aftersales_bearer_badge", bearerBadgeField);
