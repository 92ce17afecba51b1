"""Which shares a charge has, how much each is, who pays it and who bears it: one table.

Charges, settlements, runs and reports read it, so what one of them knows the others know, too. A
module adds a share by ``_get_shares`` of the charge, and its name to ``share`` of settlement
lines.
"""

from typing import NamedTuple

CUSTOMER = ("payer_id", "partner_id")


class Share(NamedTuple):
    """A share, in names of the fields of a charge.

    * ``amount``: what it comes to.
    * ``payers``: who pays it, the first that is set.
    * ``kind``: of the settlement it goes on.
    * ``bearer``: who bears it; empty: whoever bears what is covered.
    * ``only_bearer``: it is paid by somebody outside only where this one bears what is covered;
      empty: always.
    * ``is_passed_on``: it is a piece of the covered share, and makes that smaller.
    """

    amount: str
    payers: tuple
    kind: str
    bearer: str = ""
    only_bearer: str = ""
    is_passed_on: bool = False


SHARES = {
    "customer": Share("customer_amount", CUSTOMER, "customer", bearer="customer"),
    # Only makers and vendors pay what they bear; what we bear is in the reports.
    "covered": Share("covered_amount", ("bearer_partner_id",), "claim", only_bearer="partner"),
    # What a maker refused and the customer pays after all.
    "refused": Share("refused_amount", CUSTOMER, "customer", bearer="customer", is_passed_on=True),
}


def get_first(payers):
    """Return the first of ``payers`` that is set, else the first, which is empty."""
    return next(filter(None, payers), payers[0])
