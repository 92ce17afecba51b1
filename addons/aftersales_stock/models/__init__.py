from . import (
    account_move,
    aftersales_request,
    aftersales_unit,
    aftersales_unit_page,
    aftersales_unit_twins,
    aftersales_warranty,
    aftersales_warranty_extension,
    product_template,
    sale_order,
    sale_order_line,
    stock_move,
    stock_picking,
)
