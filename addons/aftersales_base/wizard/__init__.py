from . import aftersales_coverage_ask
from . import aftersales_unit_hand_over
from . import aftersales_warranty_extend
from . import aftersales_warranty_void
