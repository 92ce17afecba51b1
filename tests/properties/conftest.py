"""The arithmetic of covered days is plain Python: it is loaded without a database."""

import importlib.util
from pathlib import Path

import pytest

PERIODS = Path(__file__).parents[2] / "addons" / "aftersales_base" / "tools" / "periods.py"


@pytest.fixture(scope="session")
def periods():
    spec = importlib.util.spec_from_file_location("aftersales_periods", PERIODS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
