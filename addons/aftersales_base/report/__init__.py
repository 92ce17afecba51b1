from . import aftersales_union_report  # isort: skip  (others inherit it)
from . import aftersales_balance_report, aftersales_claim_report
from . import aftersales_result_report, aftersales_unpaid_report
