from . import test_access
from . import test_dealer
from . import test_delivery
from . import test_extension
from . import test_performance
from . import test_return
from . import test_twins
from . import test_unit_page
