from collections import Counter
from contextlib import contextmanager

from odoo import api, models
from odoo.tools import float_compare
from odoo.tools.misc import clean_context

# What decides which standard jobs an order starts with.
DECISIVE_FIELDS = {"service_type_id", "request_id", "unit_id", "product_id"}


class RepairOrder(models.Model):
    """What a work order starts with: the standard jobs of its service type (SA4).

    While the order is a draft, another service type or product exchanges them; what somebody
    changed, and what he took off, stays as he left it.
    """

    _inherit = "repair.order"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        if self.env["aftersales.service.type"]._get_default_jobs():
            nothing_sudo = self.env["aftersales.order.default"].sudo()
            repairs.sudo()._exchange_defaults(nothing_sudo, nothing_sudo)
        return repairs

    def write(self, vals):
        if not DECISIVE_FIELDS & vals.keys():
            return super().write(vals)
        with self._following_defaults():
            return super().write(vals)

    # === BUSINESS METHODS === #

    @contextmanager
    def _following_defaults(self):
        """Exchange the defaults of drafts, if what is done inside decides for others."""
        if not self.env["aftersales.service.type"]._get_default_jobs():
            yield
            return
        # sudo: what an order starts with is standing data, whoever makes the order or changes it.
        drafts_sudo = self.sudo().filtered(lambda repair: repair.state == "draft")
        # Looked at before as well: a price that was typed may be worked out anew inside.
        untouched_sudo = drafts_sudo._get_defaults()._filter_untouched()
        yield
        drafts_sudo._exchange_defaults(drafts_sudo._get_defaults(), untouched_sudo)

    def _get_defaults(self):
        """Return what service types put on these orders."""
        return self.env["aftersales.order.default"].search([("repair_id", "in", self.ids)])

    def _exchange_defaults(self, known, untouched):
        """Take off what drafts do not start with any more, and put on what they start with now.

        :param known: what was put on them already
        :param untouched: what of it nobody had changed
        """
        drafts = self.filtered(lambda repair: repair.state == "draft")
        known = known.filtered(lambda default: default.repair_id in drafts)
        wanted = drafts._get_default_lines()
        if not (known or any(wanted.values())):
            return
        before = drafts._get_default_hours(known)
        stale = known.filtered(
            lambda default: default.job_line_id not in wanted.get(default.repair_id, ())
        )
        gone = stale.filtered(lambda default: default._is_gone())
        taken = gone | (stale & untouched)._filter_untouched()
        left = known - taken
        taken._take_back()
        left |= drafts._put_defaults(
            {repair: repair._get_missing_lines(wanted[repair], left) for repair in drafts}
        )
        drafts._plan_default_hours(before, drafts._get_default_hours(left))

    def _take_default_work(self):
        """Take work and fees off drafts that their service type put there and nobody changed."""
        if self.env["aftersales.service.type"]._get_default_jobs():
            # sudo: as it was put there.
            drafts_sudo = self.sudo().filtered(lambda repair: repair.state == "draft")
            work_sudo = drafts_sudo._get_defaults().filtered("charge_id")
            work_sudo._filter_untouched()._take_back()

    def _get_default_lines(self):
        """Return ``{order: lines of standard jobs}`` that it starts with; a fixed number of
        queries for any number of orders.
        """
        job_ids = self.env["aftersales.service.type"]._get_default_jobs()
        asked = {repair: job_ids.get(repair.service_type_id.id, ()) for repair in self}
        jobs = self.env["aftersales.job"].browse(set().union(*asked.values()))
        # Read for all orders at once.
        jobs._get_all_lines().product_id.mapped("type")
        return {
            repair: repair._filter_default_lines(
                jobs.filtered(
                    lambda job, repair=repair: (
                        job.id in asked[repair]
                        and job._fits_product(repair.product_id, repair.company_id)
                    )
                )._get_all_lines()
            )
            for repair in self
        }

    def _filter_default_lines(self, lines):
        """Return which of the lines may stand on the order."""
        self.ensure_one()
        lines = lines.filtered("product_id.active")
        # Nobody is charged for what we refurbish.
        return lines.filtered(lambda line: line._is_part()) if self.is_refurbish else lines

    def _get_missing_lines(self, lines, known):
        """Return those of ``lines`` that neither the service type nor anybody else put on the
        order already.
        """
        self.ensure_one()
        known = known.filtered(lambda default: default.repair_id == self)
        there = self._count_job_lines()
        there.subtract(
            default.job_line_id._get_key()
            for default in known
            if default.job_line_id and not default._is_gone()
        )
        missing = lines.browse()
        for line in lines - known.job_line_id:
            if there[line._get_key()] > 0:
                there[line._get_key()] -= 1
            else:
                missing |= line
        return missing

    def _count_job_lines(self):
        """Return how often which work or part of a standard job stands on the order."""
        self.ensure_one()
        parts = self.move_ids.filtered(
            lambda move: move.aftersales_job_id and move.state != "cancel"
        )
        charges = self.charge_ids.filtered(
            lambda charge: charge.job_id and not charge.move_id and charge.state != "cancelled"
        )
        return Counter(
            [(part.aftersales_job_id.id, part.product_id.id) for part in parts]
            + [(charge.job_id.id, charge.product_id.id) for charge in charges]
        )

    def _put_defaults(self, missing):
        """Put lines of standard jobs on their orders, each model in one batch.

        :param dict missing: ``{order: lines}``
        :return: what was put
        """
        pairs = [(repair, line) for repair, lines in missing.items() for line in lines]
        parts = [(repair, line) for repair, line in pairs if line._is_part()]
        work = [(repair, line) for repair, line in pairs if not line._is_part()]
        # What the order was opened with is not meant for its lines.
        clean = self.with_env(self.env(context=clean_context(self.env.context)))
        moves = clean.env["stock.move"].create(
            [{**line._prepare_move_vals(), **repair._prepare_line_vals()} for repair, line in parts]
        )
        charges = clean.env["aftersales.charge"].create(
            [
                {**line._prepare_charge_vals(), **repair._prepare_line_vals()}
                for repair, line in work
            ]
        )
        defaults = clean.env["aftersales.order.default"].create(
            [
                {"repair_id": repair.id, "job_line_id": line.id, fname: record.id}
                for fname, put, records in (("move_id", parts, moves), ("charge_id", work, charges))
                for (repair, line), record in zip(put, records, strict=True)
            ]
        )
        defaults._note_facts()
        return defaults

    def _prepare_line_vals(self):
        """Return what ties a part or a charge to the order."""
        self.ensure_one()
        return {"repair_id": self.id, "company_id": self.company_id.id}

    def _get_default_hours(self, defaults):
        """Return ``{order: standard time}`` of what was put on these orders."""
        by_order = defaults.grouped("repair_id")
        return {
            repair: sum(by_order.get(repair, defaults.browse()).mapped("hours")) for repair in self
        }

    def _plan_default_hours(self, before, after):
        """Plan the standard time, unless somebody planned another one.

        :param dict before: ``{order: standard time}`` until now
        :param dict after: the same from now on
        """
        for repair in self:
            if not float_compare(repair.planned_hours, before[repair], precision_digits=2):
                if float_compare(before[repair], after[repair], precision_digits=2):
                    repair.planned_hours = after[repair]
