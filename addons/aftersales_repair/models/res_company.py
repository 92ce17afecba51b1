from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_pickup_days = fields.Integer(
        string="Remind of Pick-up (Days)",
        help="Customers are asked to pick up what is ready every so many days. 0: never.",
    )
    aftersales_release_paid = fields.Boolean(
        string="Release When Paid",
        help="Goods go back only when the customer's share is paid. Managers may release them "
        "earlier; who is settled monthly gets them on account.",
    )
    aftersales_storage_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Storage Fee",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="The price of one day. Empty: storage costs nothing.",
    )
    aftersales_storage_free_days = fields.Integer(
        string="Free Storage (Days)",
        default=14,
        help="So many days after the work is done storage costs nothing.",
    )
    aftersales_intake_notice = fields.Html(
        string="Notice on the Repair Slip",
        translate=True,
        help="Terms the customer reads and signs when he leaves his unit with us.",
    )
    aftersales_estimate_notice = fields.Html(
        string="Notice on Estimates",
        translate=True,
        help="Terms the customer reads before he accepts an estimate, on paper and on the portal.",
    )
    aftersales_report_notice = fields.Html(
        string="Notice on Repair Reports",
        translate=True,
        help="What the customer is told when he gets his unit back, such as how long the work is "
        "under warranty.",
    )
    aftersales_consent_limit = fields.Monetary(
        string="Work May Start Without an Estimate Up To",
        help="Work that costs the customer more starts and ends only when he agreed to an "
        "estimate. 0: it always may.",
    )
    aftersales_consent_tolerance = fields.Float(
        string="More Than Agreed (%)",
        digits="Discount",
        help="So much more than he agreed to the customer may pay without being asked again.",
    )
    aftersales_estimate_days = fields.Integer(
        string="Estimates Are Valid (Days)",
        default=30,
        help="So long the customer can accept an estimate. 0: without end.",
    )
    aftersales_diagnosis_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Diagnosis Fee",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="Charged when the customer refuses the estimate, waived when he accepts it.",
    )
    aftersales_advance_percent = fields.Float(
        string="Payment in Advance (%)",
        digits="Discount",
        help="Of an estimate, taxes included, to be paid when it is accepted; service types may "
        "say another. 0: nothing.",
    )
    aftersales_advance_first = fields.Boolean(
        string="Work Starts When Paid in Advance",
        help="Work whose payment in advance is not here does not start.",
    )
    aftersales_advance_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Product of Payments in Advance",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="Its income account takes payments in advance until they are deducted. Empty: the "
        "account of the journal.",
    )
    aftersales_old_part_check = fields.Selection(
        selection=[("block", "Work Does Not End"), ("note", "It Is Noted on the Order")],
        string="Old Part Not Accounted For",
        default="block",
        required=True,
        help="What happens when nobody said where an old part is that is wanted back.",
    )
    aftersales_old_part_location_id = fields.Many2one(
        comodel_name="stock.location",
        string="Old Parts Go To",
        domain="[('usage', 'in', ('internal', 'inventory'))]",
        check_company=True,
        help="Where old parts wait to be kept or returned. Empty: where removed parts go.",
    )
    aftersales_parts_wait = fields.Boolean(
        string="Work Waits for Parts by Itself",
        help="The clock of a work order stands still while its parts are not reserved, and goes on "
        "when they are.",
    )
    aftersales_ask_late_reason = fields.Boolean(
        string="Ask Why Work Is Late",
        default=True,
        help="Work that ends after it was promised needs a reason.",
    )

    aftersales_appointment_hours = fields.Integer(
        string="Appointments Change Until (Hours)",
        default=24,
        help="So many hours before it a customer moves or cancels his appointment without "
        "consequences. 0: until it begins.",
    )
    aftersales_late_cancel_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Late Cancellation",
        domain="[('type', '=', 'service')]",
        check_company=True,
        help="What an appointment costs that the customer cancels too late. Empty: the amount "
        "is typed.",
    )
    aftersales_install_type_id = fields.Many2one(
        comodel_name="aftersales.service.type",
        string="Installations",
        check_company=True,
        help="The service type of work orders that deliveries make, unless the product says "
        "another. Empty: Installation.",
    )
    aftersales_labour_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Worked Hours",
        domain="[('type', '=', 'service'), ('aftersales_charge_kind', '=', 'labour')]",
        check_company=True,
        help="What an hour that was worked is charged as, unless the service type says another.",
    )
    aftersales_own_approval = fields.Boolean(
        string="Approve Own Requests",
        help="Leaders and managers may also approve work they asked the approval of themselves.",
    )

    _aftersales_estimate_not_negative = models.Constraint(
        "CHECK(aftersales_consent_limit >= 0 AND aftersales_consent_tolerance >= 0 "
        "AND aftersales_estimate_days >= 0)",
        "Limit, tolerance and validity of estimates are not below zero.",
    )
    _aftersales_advance_range = models.Constraint(
        "CHECK(aftersales_advance_percent BETWEEN 0 AND 100)",
        "A payment in advance lies between 0 and 100 percent.",
    )
    _aftersales_appointment_not_negative = models.Constraint(
        "CHECK(aftersales_appointment_hours >= 0)", "Hours are not below zero."
    )
    _aftersales_storage_not_negative = models.Constraint(
        "CHECK(aftersales_pickup_days >= 0 AND aftersales_storage_free_days >= 0)",
        "Days are not below zero.",
    )
