"""Every addon is a wheel, and the wheels alone are enough to install the suite beside Odoo."""

import ast
import email
import os
import subprocess
import sysconfig
import venv
import zipfile

import pytest
from deploy_support import ROOT, run

pytest.importorskip("whool")

ADDONS = sorted(path.parent for path in (ROOT / "addons").glob("*/__manifest__.py"))
NAMES = [addon.name for addon in ADDONS]


def manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Python of an empty virtual environment that sees the packages Odoo needs, but no addon."""
    home = tmp_path_factory.mktemp("wheels") / "venv"
    venv.create(home, with_pip=True)
    outer = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    python = home / "bin" / "python"
    command = "import sysconfig; print(sysconfig.get_path('purelib'))"
    inner = run([python, "-c", command]).stdout.strip()
    with open(f"{inner}/outer.pth", "w") as file:
        # addsitedir, so that .pth files there count too: Odoo itself may be named in one.
        file.writelines(f"import site; site.addsitedir({path!r})\n" for path in sorted(outer))
    return python


@pytest.fixture(scope="module")
def wheels(python, tmp_path_factory):
    """Build all addons as a packager does, without network. Return {addon name: wheel}."""
    out = tmp_path_factory.mktemp("dist")
    assert ADDONS, "there is nothing to build"
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", out]
    run([python, "-m", "pip", "--disable-pip-version-check", "wheel", *options, *ADDONS])
    found = {path.name.split("-")[0].removeprefix("odoo_addon_"): path for path in out.iterdir()}
    assert sorted(found) == NAMES
    return found


@pytest.fixture(scope="module")
def installed(python, wheels):
    """The Python of the virtual environment, with all wheels installed."""
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    run([python, "-m", "pip", "install", *options, *wheels.values()])
    return python


@pytest.mark.parametrize("addon", ADDONS, ids=NAMES)
def test_wheel_carries_version_dependencies_and_licence(addon, wheels):
    content = manifest(addon)
    with zipfile.ZipFile(wheels[addon.name]) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"].replace("_", "-") == f"odoo-addon-{addon.name}".replace("_", "-")
    assert metadata["Version"] == content["version"]
    assert content["version"].startswith("19.0.")
    assert metadata["License"] == content["license"] == "LGPL-3"
    requires = {
        line.replace(" ", "").replace("(", "").replace(")", "").replace("_", "-")
        for line in metadata.get_all("Requires-Dist")
    }
    assert "odoo==19.0.*" in requires
    ours = {name for name in content["depends"] if name in NAMES}
    assert {f"odoo-addon-{name}==19.0.*".replace("_", "-") for name in ours} <= requires


@pytest.mark.parametrize("addon", ADDONS, ids=NAMES)
def test_wheel_carries_every_file_of_the_addon(addon, wheels):
    try:
        listed = subprocess.check_output(["git", "ls-files"], cwd=addon, text=True).split("\n")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    expected = {f"odoo/addons/{addon.name}/{name}" for name in listed if name}
    with zipfile.ZipFile(wheels[addon.name]) as wheel:
        assert expected - {f"odoo/addons/{addon.name}/pyproject.toml"} <= set(wheel.namelist())


def test_odoo_finds_the_addons_in_the_environment(installed, odoo_env, tmp_path):
    code = (
        "import sys; from odoo.modules import Manifest\n"
        "for name in sys.argv[1:]: print(Manifest.for_addon(name).path)"
    )
    printed = run([installed, "-c", code, *NAMES], env=odoo_env, cwd=tmp_path).stdout.split()
    environment = str(installed.parents[1]) + os.sep
    assert all(path.startswith(environment) for path in printed), printed
    assert len(printed) == len(NAMES)


@pytest.mark.postgresql
def test_modules_install_from_the_wheels(installed, fresh_database, odoo_env, tmp_path):
    psycopg2 = pytest.importorskip("psycopg2")
    command = [installed, "-m", "odoo", "--database", fresh_database, "--init", ",".join(NAMES)]
    command += ["--data-dir", tmp_path / "data", "--no-http", "--stop-after-init"]
    log = run(command, env=odoo_env, cwd=tmp_path).stdout
    assert not [line for line in log.splitlines() if " ERROR " in line or " CRITICAL " in line]
    connection = psycopg2.connect(dbname=fresh_database)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, latest_version FROM ir_module_module WHERE state = 'installed'"
        )
        found = dict(cursor.fetchall())
    connection.close()
    assert {name: found.get(name) for name in NAMES} == {
        addon.name: manifest(addon)["version"] for addon in ADDONS
    }
