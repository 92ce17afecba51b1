from . import (
    aftersales_part_report,
    aftersales_repair_report,
    aftersales_result_report,
    aftersales_technician_report,
    aftersales_union_mixin,
    aftersales_union_report,
)
