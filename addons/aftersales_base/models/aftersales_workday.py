from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

SHOWN = 40
AGENT = "aftersales_base.group_aftersales_agent"


class AftersalesWorkday(models.AbstractModel):
    """What the current user has to do today: the first screen of the day.

    Everything that takes ``aftersales.sla.mixin`` is shown, one list for all kinds, in the order
    of their clocks; a model says what is its user's and what it is called there
    (``_get_workday_…``). The number of queries does not depend on how much there is.
    """

    _name = "aftersales.workday"
    _description = "My Work Today"

    # === PUBLIC METHODS === #

    @api.model
    @api.readonly
    def get_today(self):
        """Return the user's own open records, counts that lead to lists, and his to-dos.

        :return: ``{"groups", "items", "total", "todos", "todo_count", "may_create"}``
        :raises AccessError: for who has no role in after-sales
        """
        documents = self._get_documents()
        items = [item for model in documents for item in model._get_workday_items(SHOWN)]
        items.sort(key=lambda item: (not item["due"], item["due"] or "", item["model"], item["id"]))
        groups = [model._get_workday_group() for model in documents]
        todos = self._get_todos()
        return {
            "groups": groups,
            "items": items[:SHOWN],
            "total": sum(group["open"] for group in groups),
            "todos": [self._prepare_todo(todo) for todo in todos[:SHOWN]],
            "todo_count": len(todos),
            "may_create": self.env["aftersales.request"].has_access("create"),
        }

    @api.model
    @api.readonly
    def open_list(self, document, key):
        """Return the action that shows what a count of the screen counts.

        :param str document: name of the model
        :param str key: of :meth:`~AftersalesSlaMixin._get_workday_domains`
        :raises AccessError: for what the user may not read
        """
        model = next((model for model in self._get_documents() if model._name == document), None)
        domain = model._get_workday_domains().get(key) if model is not None else None
        if domain is None:
            raise AccessError(self.env._("There is no such list. Reload the page."))
        action = self.env["ir.actions.act_window"]._for_xml_id(model._workday_action)
        action["domain"] = list(domain)
        action["context"] = {}
        action["display_name"] = model._get_workday_labels()[key]
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_documents(self):
        """Return the models of which the user may have something to do."""
        if not self.env.user.has_group("aftersales_base.group_aftersales_technician"):
            raise AccessError(
                self.env._("My Work Today is for technicians and agents of after-sales.")
            )
        names = [name for name, __ in self.env["aftersales.sla.mixin"]._get_taking_models()]
        models_ = [self.env[name] for name in names]
        return sorted(
            (model for model in models_ if model.has_access("read")),
            key=lambda model: model._workday_sequence,
        )

    @api.model
    def _get_todos(self):
        """Return the activities the user has to do today or should have done."""
        names = [name for name, __ in self.env["aftersales.sla.mixin"]._get_taking_models()]
        about = Domain("res_model", "in", names) | Domain("res_model", "=like", "aftersales.%")
        due = Domain("user_id", "=", self.env.uid) & Domain(
            "date_deadline", "<=", fields.Date.context_today(self)
        )
        return self.env["mail.activity"].search_fetch(
            about & due,
            ["res_model", "res_id", "res_name", "summary", "activity_type_id", "date_deadline"],
            order="date_deadline, id",
            limit=200,
        )

    def _prepare_todo(self, activity):
        return {
            "id": activity.id,
            "model": activity.res_model,
            "res_id": activity.res_id,
            "title": activity.summary or activity.activity_type_id.name,
            "about": activity.res_name,
            "icon": activity.activity_type_id.icon or "fa-check",
            "date": fields.Date.to_string(activity.date_deadline),
            "days_late": (fields.Date.context_today(self) - activity.date_deadline).days,
        }
