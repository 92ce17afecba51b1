from odoo import api, fields, models
from odoo.exceptions import UserError

ONSITE_TYPES = (
    "aftersales_base.aftersales_service_type_onsite",
    "aftersales_repair.aftersales_service_type_installation",
)


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    aftersales_onsite_type_id = fields.Many2one(
        comodel_name="stock.picking.type",
        string="On-site Operation Type",
        check_company=True,
        copy=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        warehouses = super().create(vals_list)
        warehouses._link_onsite_service_type()
        return warehouses

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        sequence_code = self.aftersales_onsite_type_id.sequence_code or "OS"
        values["aftersales_onsite_type_id"] = {
            "name": self.env._("%(name)s Sequence on-site", name=self.name),
            "prefix": f"{self.code}/{sequence_code}/",
            "padding": 5,
            "company_id": self.company_id.id,
        }
        return values

    def _get_picking_type_create_values(self, max_sequence):
        data, next_sequence = super()._get_picking_type_create_values(max_sequence)
        customers, __ = self._get_partner_locations()
        data["aftersales_onsite_type_id"] = {
            **data["repair_type_id"],
            "name": self.env._("On-site Service"),
            "sequence": next_sequence + 1,
            "sequence_code": "OS",
            "default_product_location_src_id": customers.id,
            "default_product_location_dest_id": customers.id,
        }
        return data, next_sequence + 2

    def _get_picking_type_update_values(self):
        data = super()._get_picking_type_update_values()
        data["aftersales_onsite_type_id"] = {
            "active": self.active,
            "barcode": self.code.replace(" ", "").upper() + "OS",
        }
        return data

    @api.model
    def _create_missing_onsite_types(self):
        """Give warehouses that were there before their operation type for work on site."""
        warehouses = self.search([("aftersales_onsite_type_id", "=", False)])
        warehouses._create_onsite_types()

    def _create_onsite_types(self):
        """Give these warehouses their operation type for work on site."""
        for warehouse in self:
            if vals := warehouse._create_or_update_sequences_and_picking_types():
                warehouse.write(vals)
        self._link_onsite_service_type()

    @api.model
    def _get_onsite_type(self, company):
        """Return the operation type for work at the customers' of ``company``, made where its
        first warehouse has none yet.

        :raises UserError: when the company has no warehouse
        """
        # Who delivers or plans need not be the one who sets up warehouses.
        warehouse_sudo = self.sudo().search([("company_id", "=", company.id)], limit=1)
        if not warehouse_sudo:
            raise UserError(
                self.env._(
                    "%(company)s has no warehouse, and work orders are numbered by one. Add a "
                    "warehouse under Inventory, Configuration.",
                    company=company.display_name,
                )
            )
        if not warehouse_sudo.aftersales_onsite_type_id:
            warehouse_sudo._create_onsite_types()
        return warehouse_sudo.aftersales_onsite_type_id

    def _link_onsite_service_type(self):
        """Let on-site work orders of each company use its first warehouse's operation."""
        for xmlid in ONSITE_TYPES:
            onsite = self.env.ref(xmlid, raise_if_not_found=False)
            for warehouse in self.sorted("sequence") if onsite else ():
                service_type_sudo = onsite.sudo().with_company(warehouse.company_id)
                if not service_type_sudo.picking_type_id:
                    service_type_sudo.picking_type_id = warehouse.aftersales_onsite_type_id
