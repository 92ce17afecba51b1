import { _t } from "@web/core/l10n/translation";
import { deserializeDate } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { KanbanHeader } from "@web/views/kanban/kanban_header";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";

/**
 * The board of visits: its days are named as people say them.
 */
export class VisitKanbanHeader extends KanbanHeader {
    static template = "aftersales_repair.VisitKanbanHeader";

    get groupTitle() {
        const group = this.group;
        if (group.groupByField.name !== "day") {
            return group.displayName;
        }
        return group.value ? this.formatDay(group.value) : _t("No Day Yet");
    }

    formatDay(value) {
        const day = deserializeDate(value).startOf("day");
        const title = day.toLocaleString({ weekday: "short", day: "numeric", month: "short" });
        const distance = Math.round(day.diff(luxon.DateTime.now().startOf("day"), "days").days);
        if (distance === 0) {
            return _t("Today, %(day)s", { day: title });
        }
        return distance === 1 ? _t("Tomorrow, %(day)s", { day: title }) : title;
    }
}

export class VisitKanbanRenderer extends KanbanRenderer {
    static components = { ...KanbanRenderer.components, KanbanHeader: VisitKanbanHeader };
}

registry.category("views").add("aftersales_visit_kanban", {
    ...kanbanView,
    Renderer: VisitKanbanRenderer,
});
