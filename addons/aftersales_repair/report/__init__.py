from . import (
    aftersales_balance_report,
    aftersales_part_report,
    aftersales_repair_report,
    aftersales_result_report,
    aftersales_result_report_cost,
    aftersales_technician_report,
    aftersales_union_mixin,
    aftersales_union_report,
)
