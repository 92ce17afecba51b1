from . import models


def _post_init_hook(env):
    """Give warehouses that exist already their operation type for work on site."""
    warehouses = env["stock.warehouse"].search([("aftersales_onsite_type_id", "=", False)])
    for warehouse in warehouses:
        warehouse.write(warehouse._create_or_update_sequences_and_picking_types())
    warehouses._link_onsite_service_type()
