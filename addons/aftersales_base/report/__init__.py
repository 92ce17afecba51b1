from . import aftersales_union_mixin, aftersales_union_report  # isort: skip  (others inherit them)
from . import aftersales_balance_report, aftersales_claim_report
from . import aftersales_result_report, aftersales_unpaid_report
