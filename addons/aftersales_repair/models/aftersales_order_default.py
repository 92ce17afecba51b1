from odoo import api, fields, models

CHARGE_FACTS = (
    "state",
    "kind",
    "product_id",
    "name",
    "quantity",
    "uom_id",
    "discount",
    "repair_level_id",
    "override_bearer",
    "override_reason",
    "partner_id",
    "payer_id",
)
PART_FACTS = (
    "state",
    "repair_line_type",
    "product_id",
    "product_uom",
    "product_uom_qty",
    "quantity",
    "picked",
)
OLD_PART_FACTS = (
    "aftersales_old_part_fate",
    "aftersales_old_serial",
    "aftersales_old_part_note",
)


class AftersalesOrderDefault(models.Model):
    """What a work order started with because of its service type, line by line (SA4).

    It keeps what the line said when it came: as long as nobody changed it, another service type
    takes it away again, also when the line itself is gone from its job. Nobody reads this but the
    rules.
    """

    _name = "aftersales.order.default"
    _description = "Default of a Work Order"
    _order = "id"

    repair_id = fields.Many2one(
        comodel_name="repair.order", required=True, ondelete="cascade", index=False
    )
    job_line_id = fields.Many2one(
        comodel_name="aftersales.job.line", ondelete="set null", index="btree_not_null"
    )
    charge_id = fields.Many2one(
        comodel_name="aftersales.charge", ondelete="set null", index="btree_not_null"
    )
    move_id = fields.Many2one(
        comodel_name="stock.move", ondelete="set null", index="btree_not_null"
    )
    facts = fields.Json()
    hours = fields.Float(
        compute="_compute_hours", store=True, help="Standard time of the line when it came."
    )

    _order_line_uniq = models.UniqueIndex(
        "(repair_id, job_line_id)", "A work order starts with a line of a standard job once."
    )

    # === COMPUTE METHODS === #

    @api.depends("job_line_id")
    def _compute_hours(self):
        for default in self:
            default.hours = default.job_line_id.hours if default.job_line_id else default.hours

    # === BUSINESS METHODS === #

    def _note_facts(self):
        """Keep what the lines say now."""
        for default in self:
            default.facts = default._read_facts()

    def _filter_untouched(self):
        """Return those whose charge or part is still there, and as it came."""
        return self.filtered(lambda default: default._is_untouched())

    def _take_back(self):
        """Take what they brought off their orders."""
        parts = self.move_id
        (parts.aftersales_old_part_ids | parts).unlink()
        self.charge_id.unlink()
        self.unlink()

    def _is_gone(self):
        """Return whether somebody took it off his order."""
        self.ensure_one()
        return not (self.charge_id or self.move_id)

    def _get_charge(self):
        """Return the charge it brought, itself or by its part."""
        self.ensure_one()
        return self.charge_id or self.move_id.aftersales_charge_ids[:1]

    def _is_untouched(self):
        self.ensure_one()
        charge = self._get_charge()
        if self._is_gone() or (charge and charge._differs_from_listed()):
            return False
        came, now = self.facts or {}, self._read_facts()
        if not (came.get("charge") and now["charge"]):
            # Nobody is charged for a part without a customer: that comes and goes with him.
            now["charge"] = came.get("charge")
        elif came["charge"]["partner_id"] != now["charge"]["partner_id"]:
            # Another customer brings another payer.
            for fname in ("partner_id", "payer_id"):
                now["charge"][fname] = came["charge"][fname]
        return came == now

    def _read_facts(self):
        """Return in plain values what a person could change on what it brought."""
        self.ensure_one()
        part = self.move_id
        return {
            "charge": self._read_values(self._get_charge(), CHARGE_FACTS),
            "part": self._read_values(part, PART_FACTS),
            "old": [
                self._read_values(old_part, OLD_PART_FACTS)
                for old_part in part.aftersales_old_part_ids
            ],
        }

    @api.model
    def _read_values(self, record, fnames):
        """Return ``{field: value}`` of a record or of none, as JSON keeps it."""
        if not record:
            return None
        return {
            fname: record[fname].id if record._fields[fname].relational else record[fname]
            for fname in fnames
        }
