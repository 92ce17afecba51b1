from . import (
    aftersales_assignee_suggest,
    aftersales_hand_back,
    aftersales_job_add,
    aftersales_visit_finish,
)
