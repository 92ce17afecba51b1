from . import (
    aftersales_charge,
    aftersales_request,
    aftersales_service_type,
    aftersales_settlement_line,
    aftersales_unit,
    aftersales_unit_page,
    repair_order,
    repair_order_warranty,
    sale_order,
    stock_move,
    stock_warehouse,
)
