from . import aftersales_hand_back, aftersales_job_add
