from . import aftersales_sheet_import_mixin  # isort: skip  (others inherit it)
from . import aftersales_unit_import  # isort: skip  (others inherit it)
from . import account_move_reversal
from . import aftersales_assignee_suggest
from . import aftersales_balance_show
from . import aftersales_claim_answer
from . import aftersales_claim_decide
from . import aftersales_claim_import
from . import aftersales_coverage_ask
from . import aftersales_request_merge
from . import aftersales_request_opportunity
from . import aftersales_request_solve
from . import aftersales_wait_wizard
from . import aftersales_request_wait
from . import aftersales_settlement_write_off
from . import aftersales_sla_wait
from . import aftersales_unit_exchange
from . import aftersales_unit_hand_over
from . import aftersales_unit_merge
from . import aftersales_unit_refund
from . import aftersales_unit_split
from . import aftersales_warranty_extend
from . import aftersales_warranty_void
from . import aftersales_unit_import_judging
from . import aftersales_unit_import_sheets
from . import aftersales_unit_registration_refuse
