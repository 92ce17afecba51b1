from . import test_charge
from . import test_coverage
from . import test_portal
from . import test_settlement
from . import test_state_doors
from . import test_warranty
