from . import aftersales_unit_register
from . import stock_picking_return
