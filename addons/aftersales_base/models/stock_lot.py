from odoo import api, fields, models
from odoo.fields import Domain


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_unit_ids = fields.One2many(
        comodel_name="aftersales.unit",
        inverse_name="lot_id",
        string="Installed Products",
        groups="aftersales_base.group_aftersales_technician",
    )

    @api.model
    def _find_or_make_for_units(self, pairs, company):
        """Return the lots of these products and serials, made where there are none.

        Registering what a customer owns is no stock work: it needs no stock rights. No
        quantity changes, the number alone is written down.

        :param pairs: of tracked product and serial
        :param company: whose units they are
        :return: dict of lots by ``(product, serial)``
        """
        pairs = dict.fromkeys(pairs)
        # All companies: a number that another one holds cannot be made for everybody.
        found_sudo = self.sudo().search_fetch(
            Domain("product_id", "in", list({product.id for product, __ in pairs}))
            & Domain("name", "in", list({serial for __, serial in pairs})),
            ["name", "product_id", "company_id"],
        )
        lots, elsewhere = {}, set()
        for lot_sudo in found_sudo:
            pair = (lot_sudo.product_id.with_env(self.env), lot_sudo.name)
            if not lot_sudo.company_id or lot_sudo.company_id == company:
                lots[pair] = lot_sudo.with_env(self.env)
            else:
                elsewhere.add(pair)
        missing = [pair for pair in pairs if pair not in lots]
        # An agent has no right to make lots: product and number alone come from outside.
        made_sudo = self.sudo().with_context(mail_create_nolog=True, tracking_disable=True)
        made_sudo = made_sudo.with_company(company).create(
            [
                {
                    "product_id": product.id,
                    "name": serial,
                    **({"company_id": company.id} if (product, serial) in elsewhere else {}),
                }
                for product, serial in missing
            ]
        )
        return lots | dict(zip(missing, made_sudo.with_env(self.env), strict=True))
