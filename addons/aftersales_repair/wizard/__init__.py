from . import (
    account_move_reversal,
    aftersales_appointment_cancel,
    aftersales_approval_refuse,
    aftersales_assignee_suggest,
    aftersales_balance_show,
    aftersales_hand_back,
    aftersales_job_add,
    aftersales_swap_note,
    aftersales_unit_exchange,
    aftersales_visit_finish,
)
