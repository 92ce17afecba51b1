from . import aftersales_reminder_mixin, aftersales_complained_mixin  # isort: skip  (others inherit)
from . import (
    account_move,
    aftersales_charge,
    aftersales_complaint,
    aftersales_complaint_cause,
    aftersales_complaint_compensation,
    aftersales_complaint_sla,
    aftersales_corrective_action,
    aftersales_request,
    aftersales_settlement_line,
    aftersales_sla_policy,
    aftersales_unit,
    aftersales_unit_page,
    res_company,
    res_config_settings,
    res_partner,
)
