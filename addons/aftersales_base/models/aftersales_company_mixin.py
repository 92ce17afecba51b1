from odoo import models

# How a model says which companies may use its records: all of these let those of the company
# itself, and of none, be used.
PLAIN_RULES = (models.BaseModel._check_company_domain, models.check_company_domain_parent_of)


class AftersalesCompanyMixin(models.AbstractModel):
    """Documents whose company is held against that of all they name, each time they are made.

    Odoo asks by a domain for each relation: a twentieth of all that a work order costs from new
    to done. Mostly it is plain to see that a record is of the same company, or of none.
    """

    _name = "aftersales.company.mixin"
    _description = "Plainly of One Company"

    def _check_company(self, fnames=None):
        """Let Odoo ask about the rest alone: companies above, and other companies."""
        if fnames is None or "company_id" in fnames:
            fnames = self._fields
        # sudo: as Odoo asks, whoever may read what is named.
        records_sudo = self.sudo()
        doubtful = [
            fname
            for fname in fnames
            if self._fields[fname].relational
            and self._fields[fname].check_company
            and not records_sudo._name_own_company(fname)
        ]
        if doubtful:
            super()._check_company(doubtful)

    def _name_own_company(self, fname):
        """Return whether what stands there is plainly of the record's company, or of none."""
        if self._fields[fname].company_dependent:
            return False
        for record in self:
            named = record[fname]
            if named and not _is_plainly_of(named, record.company_id):
                return False
        return True


def _is_plainly_of(named, company):
    """Return whether records are of the company, or of none; people, whether they work for it."""
    if named._name == "res.users":
        return bool(company) and all(company in user.company_ids for user in named)
    return type(named)._check_company_domain in PLAIN_RULES and named.company_id <= company
