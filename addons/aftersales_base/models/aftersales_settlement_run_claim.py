from odoo import models
from odoo.fields import Domain
from odoo.tools import split_every

BATCH = 1000


class AftersalesSettlementRun(models.Model):
    """Makers and vendors with claim terms: what their terms make of the charges, in their
    currency, is looked at and compared with their minimum."""

    _inherit = "aftersales.settlement.run"

    # === BUSINESS METHODS === #

    def _add_open_sums(self, sums, code, share):
        super()._add_open_sums(sums, code, share)
        # The terms are about what the maker covers; that share alone is on a claim.
        if code != "covered":
            return
        if terms := self._get_terms_to_apply(sums):
            for key in [key for key in sums if key[0] in terms and key[1] == share.kind]:
                del sums[key]
            domain = self._get_share_domain(code, share)
            self._add_asked_sums(sums, terms, domain)

    def _get_terms_to_apply(self, sums):
        """Return ``{maker: terms}`` of those who are not asked for our price in its currency."""
        open_currencies = {}
        for partner, kind, currency in sums:
            if kind == "claim":
                open_currencies.setdefault(partner, set()).add(currency)
        found = self.env["aftersales.claim.terms"]._find(
            (self.company_id, partner) for partner in open_currencies
        )
        return {
            partner: terms
            for (__, partner), terms in found.items()
            if not terms._is_our_price() or open_currencies[partner] != {terms.currency_id}
        }

    def _add_asked_sums(self, sums, terms, domain):
        """Add what these makers are asked for by their terms, some charges at a time.

        :param dict terms: ``{maker: terms}``
        :param domain: of the charges with an open share of any maker
        """
        domain &= Domain("bearer_partner_id", "in", [maker.id for maker in terms])
        charges = self.env["aftersales.charge"].search(domain, order="id")
        for batch in split_every(BATCH, charges.ids, charges.browse):
            # sudo: what is claimed does not depend on who looks, see the line of a claim.
            batch_sudo = batch.sudo()
            flat = batch_sudo.filtered(lambda charge: charge.kind == "labour")
            carriers = flat._get_flat_carriers() if flat else {}
            for charge in batch_sudo:
                own = terms[charge.bearer_partner_id]
                group = sums[charge.bearer_partner_id, "claim", own.currency_id]
                group["amount"] += own._get_asked_amount(
                    charge,
                    own.currency_id,
                    charge.repair_level_id,
                    carriers.get(charge, charge) == charge,
                )
                group["count"] += 1
                group["oldest"] = min(
                    group["oldest"] or charge.date_confirmed, charge.date_confirmed
                )
            batch.invalidate_recordset()
