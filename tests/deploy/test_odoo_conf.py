"""Odoo's own option parser reads config/odoo.conf and every command line of docker-compose.yml."""

import json
import sys

import pytest
from deploy_support import CONFIG, ROOT, interpolate, run

yaml = pytest.importorskip("yaml")

# Printed as one JSON line: what Odoo understood, and what it complained about.
READ_OPTIONS = """
import json, logging, sys, warnings
complaints = []
class Collect(logging.Handler):
    def emit(self, record):
        complaints.append(record.getMessage())
handler = Collect(level=logging.WARNING)
logging.getLogger('odoo').addHandler(handler)
logging.getLogger('py.warnings').addHandler(handler)
from odoo.tools import config
logging.captureWarnings(True)
warnings.simplefilter('always', DeprecationWarning)
config.parse_config(sys.argv[1:])
answer = {
    'options': {name: config[name] for name in config.options},
    'known': list(config.options_index),
    'complaints': complaints,
}
print(json.dumps(answer, default=str))
"""


@pytest.fixture
def container(tmp_path):
    """The files of the container as directories of this test: one addon, and the configuration."""
    addon = tmp_path / "extra-addons" / "some_addon"
    addon.mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{'name': 'Some addon'}")
    (addon / "__init__.py").touch()
    (tmp_path / "data").mkdir()
    text = (CONFIG / "odoo.conf").read_text()
    text = text.replace("/mnt/extra-addons", str(addon.parent))
    text = text.replace("/var/lib/odoo", str(tmp_path / "data"))
    (tmp_path / "odoo.conf").write_text(text)
    return tmp_path


@pytest.fixture
def read_options(container, odoo_env):
    def read(*arguments, **environ):
        command = [sys.executable, "-c", READ_OPTIONS, "-c", container / "odoo.conf", *arguments]
        result = run(command, env={**odoo_env, **environ}, cwd=container)
        return json.loads(result.stdout.splitlines()[-1])

    return read


def command_of(service):
    """Arguments that the entry point of the image hands to Odoo."""
    program, *arguments = service["command"]
    assert program == "odoo"
    return [interpolate(argument, {}) for argument in arguments]


def test_odoo_conf_is_understood_in_full(read_options, container):
    answer = read_options()
    assert answer["complaints"] == []
    lines = (CONFIG / "odoo.conf").read_text().splitlines()
    names = {line.split("=")[0].strip() for line in lines if "=" in line and line[0] not in ";["}
    assert names <= set(answer["known"])
    options = answer["options"]
    assert options["addons_path"] == [str(container / "extra-addons")]
    assert options["data_dir"] == str(container / "data")
    assert options["proxy_mode"] is True
    assert options["list_db"] is False
    assert options["with_demo"] is False
    assert options["limit_memory_soft"] < options["limit_memory_hard"]
    assert options["limit_time_cpu"] <= options["limit_time_real"] <= 720, "nginx waits 720 s"


def test_no_password_opens_the_database_manager(read_options):
    stored = read_options()["options"]["admin_passwd"]
    passlib_hash = pytest.importorskip("passlib.hash")
    assert passlib_hash.pbkdf2_sha512.identify(stored), "a hash, so not itself a password"
    assert not passlib_hash.pbkdf2_sha512.verify("admin", stored)


@pytest.mark.parametrize("name", ["web", "cron", "upgrade"])
def test_command_line_of_the_service_is_understood(name, read_options):
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    # What the entry point of the image adds.
    connection = ["--db_host", "db", "--db_port", "5432", "--db_user", "odoo", "--db_password", "x"]
    answer = read_options(*command_of(services[name]), *connection)
    assert answer["complaints"] == []
    options = answer["options"]
    assert options["db_name"] == ["aftersales"]
    assert options["db_replica_host"] is None
    assert (options["workers"] > 1) == (name == "web")
    assert (options["max_cron_threads"] > 0) == (name == "cron")
    assert options["gevent_port"] == 8072
    if name == "upgrade":
        assert options["update"] and options["stop_after_init"]


def test_connections_fit_into_postgresql(read_options):
    """All processes together, each with a full pool, may not exhaust the server's connections."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    web = read_options(*command_of(services["web"]))["options"]
    wanted = web["workers"] * web["db_maxconn"] + web["db_maxconn_gevent"] + web["db_maxconn"]
    lines = (CONFIG / "postgresql.conf").read_text().splitlines()
    (allowed,) = [int(line.split("=")[1]) for line in lines if line.startswith("max_connections")]
    assert wanted <= allowed - 10


def test_replica_comes_from_the_environment(read_options):
    answer = read_options(PGHOST_REPLICA="db-replica")
    assert answer["complaints"] == []
    assert answer["options"]["db_replica_host"] == "db-replica"
