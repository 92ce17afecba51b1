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

    # === BUSINESS METHODS === #

    def _before_goods_move(self):
        super()._before_goods_move()
        # Asked now: Odoo drops what was not used, and with it the question.
        for repair in self:
            if message := repair._old_part_error_message():
                raise UserError(message)
            repair._note_old_parts()
        self._get_old_parts()._settle_old_parts()

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "done":
            message = self._old_part_error_message()
        return message

    def _get_old_parts(self):
        """Return the lines that take old parts in, without asking the database again."""
        return self.move_ids.filtered("aftersales_old_part_of_id")

    def _old_part_error_message(self):
        """Return what is not known about old parts where the company wants it known, or an empty
        text."""
        self.ensure_one()
        # Who repairs need not read the company's settings.
        blocks = self.company_id.sudo().aftersales_old_part_check == "block"
        return self._describe_old_parts() if blocks else ""

    def _note_old_parts(self):
        """Note what is not known about old parts where the company does not want more."""
        self.ensure_one()
        if message := self._describe_old_parts():
            self.message_post(body=message, subtype_xmlid="mail.mt_note")

    def _describe_old_parts(self):
        """Return what is not known about the old parts, or an empty text."""
        self.ensure_one()
        texts = list(filter(None, (m._describe_old_part() for m in self._get_old_parts())))
        if not texts:
            return ""
        return self.env._(
            "%(order)s: %(questions)s See its page Parts, Old Parts.",
            order=self.display_name,
            questions=" ".join(text[:1].upper() + text[1:] for text in texts),
        )
