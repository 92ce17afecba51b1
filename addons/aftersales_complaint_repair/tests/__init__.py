from . import test_complaint_repair
