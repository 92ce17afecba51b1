from . import test_state_doors
