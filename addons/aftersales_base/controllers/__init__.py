from . import portal  # isort: skip  (others inherit it)
from . import portal_registration, warranty_check
