from . import aftersales_union_report  # isort: skip  (others inherit it)
from . import aftersales_claim_report, aftersales_result_report, aftersales_unpaid_report
