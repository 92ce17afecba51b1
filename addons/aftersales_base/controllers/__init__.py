from . import portal  # isort: skip  (others inherit it)
from . import portal_registration, unit_import, warranty_check
