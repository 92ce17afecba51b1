from . import (
    test_company_day,
    test_contract,
    test_cover,
    test_instalment,
    test_maintenance,
    test_nightly_jobs,
    test_portal,
    test_request,
    test_sla,
    test_uninstall,
    test_unit_page,
)
