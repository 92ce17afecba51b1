from . import test_coverage
from . import test_state_doors
from . import test_warranty
from . import test_views
