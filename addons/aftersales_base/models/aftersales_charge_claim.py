from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

SMALLEST_PHOTO = 5 * 1024


class AftersalesCharge(models.Model):
    """What a charge brings along when a maker or vendor bears it."""

    _inherit = "aftersales.charge"

    claim_deadline = fields.Date(
        string="Claim Until",
        compute="_compute_claim_deadline",
        store=True,
        index="btree_not_null",
        help="The last day on which the maker or vendor takes the claim. It counts from the end of "
        "the repair, without one from the first time the charge was confirmed.",
    )

    refused_amount = fields.Monetary(
        string="Refused by the Maker",
        readonly=True,
        copy=False,
        help="What the customer owes of the covered share, because the maker refused it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_confirmed", "date_first_confirmed", "bearer", "bearer_partner_id")
    def _compute_claim_deadline(self):
        due = self.filtered(lambda charge: charge.date_confirmed and charge.bearer == "partner")
        (self - due).claim_deadline = False
        found = self.env["aftersales.claim.terms"]._find(
            (charge.company_id, charge.bearer_partner_id) for charge in due
        )
        for charge in due:
            terms = found.get((charge.company_id, charge.bearer_partner_id))
            days = terms.deadline_days if terms else 0
            charge.claim_deadline = days and charge._get_claim_start() + timedelta(days=days)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"refused_amount"}

    def _get_claim_start(self):
        """Return the day from which the maker counts how long he takes the claim; modules that
        know when the work ended say so."""
        self.ensure_one()
        return self.date_first_confirmed or self.date_confirmed

    def _get_claim_day(self):
        """Return the day whose rate turns our price into the maker's currency."""
        self.ensure_one()
        return self.date_confirmed or self.company_id._get_aftersales_day()

    def _get_claim_cost(self):
        """Return what the part cost us, in the company's currency."""
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        quantity = self.quantity
        if self.uom_id and self.uom_id != product.uom_id:
            quantity = self.uom_id._compute_quantity(quantity, product.uom_id, round=False)
        return quantity * product.standard_price

    def _get_flat_carriers(self):
        """Return ``{charge: charge that carries the flat amount of its job}``.

        It stays where it is claimed already, else the first labour carries it. A charge that
        belongs to no job carries its own.
        """
        labour = self.search(
            Domain("kind", "=", "labour")
            & Domain("state", "=", "confirmed")
            & Domain("bearer", "=", "partner")
            & self._get_same_jobs_domain(),
            order="id",
        )
        carrying, riding = labour._get_flat_claimed()
        carriers = {}
        for charge in labour.sorted(
            lambda charge: (charge.id not in carrying, charge.id in riding)
        ):
            carriers.setdefault(charge._get_flat_key(), charge)
        return {
            charge: carriers.get(charge._get_flat_key(), charge) if charge._get_origin() else charge
            for charge in self
        }

    def _get_flat_key(self):
        """Charges with the same key are paid with one flat amount."""
        self.ensure_one()
        origin = self._get_origin()
        return (origin._name, origin.id, self.bearer_partner_id)

    def _get_flat_claimed(self):
        """Return the ids of these charges that carry a flat amount on a claim, and of those that
        ride on one."""
        # sudo: what is claimed does not depend on who looks.
        lines_sudo = self.env["aftersales.settlement.line"].sudo()
        lines_sudo = lines_sudo.search(
            Domain("charge_id", "in", self.ids)
            & Domain("share", "=", "covered")
            & Domain("is_living", "=", True)
        )
        riding = lines_sudo.filtered("flat_charge_id")
        carrying = (lines_sudo - riding).filtered("amount_claimed")
        return set(carrying.charge_id.ids), set(riding.charge_id.ids)

    def _get_same_jobs_domain(self):
        """Return the domain of charges of the same jobs; modules add their documents."""
        return Domain("request_id", "in", self.request_id.ids)

    def _get_evidence_documents(self):
        """Return the records among whose files there may be a photo; modules add theirs."""
        self.ensure_one()
        return [self.request_id]

    def _is_old_part_returned(self):
        """Return whether the old part is on its way; modules that move it know."""
        self.ensure_one()
        return False

    def _get_evidence(self):
        """Return ``{charge: set of the evidence there is}``, with a query a model of documents."""
        documents = {charge: charge._get_evidence_documents() for charge in self}
        pictured = self._get_pictured(documents.values())
        return {
            charge: charge._list_evidence(
                any(record._name == model and record.id in ids for record in documents[charge])
                for model, ids in pictured.items()
            )
            for charge in self
        }

    def _list_evidence(self, pictures):
        """Return the set of the evidence there is.

        :param pictures: whether there is one, for each kind of document
        """
        self.ensure_one()
        there = {
            "photo": any(pictures),
            "serial": self.unit_id.serial,
            "fault": self.symptom_id,
            "cause": self.cause_id,
            "proof": self.unit_id.proof_checked or self.unit_id.proof_filename,
            "old_part": self._is_old_part_returned(),
        }
        return {name for name, value in there.items() if value}

    @api.model
    def _get_pictured(self, documents):
        """Return ``{model: ids of the documents with a picture among their files}``."""
        ids = {}
        for records in documents:
            for record in records:
                ids.setdefault(record._name, set()).update(record.ids)
        # sudo: that there is a picture may be known to whoever may see the claim.
        attachments_sudo = self.env["ir.attachment"].sudo()
        return {
            model: {
                res_id
                for (res_id,) in attachments_sudo._read_group(
                    [
                        ("res_model", "=", model),
                        ("res_id", "in", list(res_ids)),
                        ("mimetype", "=like", "image/%"),
                        # A logo below a mail is smaller than any photo.
                        ("file_size", ">=", SMALLEST_PHOTO),
                    ],
                    ["res_id"],
                )
            }
            for model, res_ids in ids.items()
        }
