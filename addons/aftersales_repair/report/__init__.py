from . import (
    aftersales_claim_report,
    aftersales_part_report,
    aftersales_repair_report,
    aftersales_result_report,
    aftersales_technician_report,
    aftersales_unpaid_report,
)
