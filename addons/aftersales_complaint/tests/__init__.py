from . import (
    test_compensation,
    test_complaint,
    test_complaint_doors,
    test_complaint_portal,
    test_complaint_sla,
    test_complaint_views,
    test_corrective_action,
    test_unit_page,
)
