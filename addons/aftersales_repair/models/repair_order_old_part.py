from odoo import fields, models
from odoo.exceptions import UserError


class RepairOrder(models.Model):
    """No work ends before it is said where the old parts are that are wanted back."""

    _inherit = "repair.order"

    old_part_ids = fields.One2many(
        comodel_name="stock.move",
        inverse_name="repair_id",
        string="Old Parts",
        domain=[("aftersales_old_part_of_id", "!=", False)],
        help="Parts that come out and are wanted back.",
    )

    # === ACTION METHODS === #

    def action_repair_end(self):
        self._check_old_parts()
        return super().action_repair_end()

    def action_repair_done(self):
        self._check_old_parts()
        self._get_old_parts()._settle_old_parts()
        return super().action_repair_done()

    # === BUSINESS METHODS === #

    def _get_old_parts(self):
        """Return the lines that take old parts in, without asking the database again."""
        return self.move_ids.filtered("aftersales_old_part_of_id")

    def _check_old_parts(self):
        """Refuse to end work before it is said where each old part is.

        A company may choose to have it noted on the order instead.

        :raises UserError: naming the order and what is not known
        """
        for repair in self:
            texts = list(filter(None, (m._describe_old_part() for m in repair._get_old_parts())))
            if not texts:
                continue
            message = self.env._(
                "%(order)s: %(questions)s See its page Parts, Old Parts.",
                order=repair.display_name,
                questions=" ".join(text[:1].upper() + text[1:] for text in texts),
            )
            # Who repairs need not read the company's settings.
            if repair.company_id.sudo().aftersales_old_part_check == "block":
                raise UserError(message)
            repair.message_post(body=message, subtype_xmlid="mail.mt_note")
