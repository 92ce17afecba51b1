"""A pytest plugin for Odoo's `test_lint`: it looks at our modules and not at Odoo's own.

Otherwise it reads all of Odoo, which takes pylint alone ten minutes and says nothing about us.
"""

from pathlib import Path

import pytest

from odoo.modules import Manifest
from odoo.tools import config

from tools.paths import ADDONS


@pytest.fixture(autouse=True)
def only_ours(request, monkeypatch):
    """Odoo's checks take the modules from the manifests, and pylint the root path beside them."""
    manifests = Manifest.all_addon_manifests()
    ours = [manifest for manifest in manifests if ADDONS in Path(manifest.path).parents]
    monkeypatch.setattr(Manifest, "all_addon_manifests", staticmethod(lambda: ours))
    if request.node.path.name == "test_pylint.py":
        monkeypatch.setattr(config, "root_path", str(ADDONS))
