import {
    Many2OneAvatarUserField,
    many2OneAvatarUserField,
} from "@mail/views/web/fields/many2one_avatar_user_field/many2one_avatar_user_field";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** A person, or what an empty field stands for: its placeholder, in lists, too. */
export class UserOrAllField extends Many2OneAvatarUserField {
    static template = "aftersales_base.UserOrAllField";
}

export const userOrAllField = {
    ...many2OneAvatarUserField,
    component: UserOrAllField,
    displayName: _t("Person or Everybody"),
};

registry.category("fields").add("user_or_all", userOrAllField);
