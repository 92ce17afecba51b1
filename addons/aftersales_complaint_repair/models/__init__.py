from . import aftersales_complaint, repair_order
