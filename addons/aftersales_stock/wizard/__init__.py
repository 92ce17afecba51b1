from . import aftersales_unit_register
