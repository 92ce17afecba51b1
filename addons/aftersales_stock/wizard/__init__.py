from . import aftersales_unit_register
from . import aftersales_unit_register_line
from . import stock_picking_return
