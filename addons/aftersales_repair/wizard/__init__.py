from . import aftersales_job_add
