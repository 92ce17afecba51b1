from . import (
    test_charge,
    test_core_repair,
    test_dispatch,
    test_estimate,
    test_operation_type,
    test_roles,
    test_sale_order,
    test_settlement,
    test_tour,
    test_unit_page,
    test_warranty,
    test_work_order,
)
