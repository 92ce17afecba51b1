from . import portal  # isort: skip  (others inherit it)
from . import (
    portal_registration,
    portal_request,
    portal_service,
    portal_settlement,
    self_service,
    statement,
    unit_import,
    warranty_check,
)
