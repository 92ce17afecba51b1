"""docker-compose.yml says what docs/operations.md promises.

No container is started here: the file is read, and its parts are compared with the repository.
"""

import os
import re
import shutil
import subprocess

import pytest
from deploy_support import CONFIG, ROOT, interpolate

yaml = pytest.importorskip("yaml")

ODOO_SERVICES = {"web", "cron", "init", "upgrade"}
POSTGRESQL_SERVICES = {"db", "replica-prepare", "db-replica"}
ONE_OFF = {"init", "upgrade", "replica-prepare"}
SECRET_WORD = re.compile(r"PASSW|SECRET|TOKEN|KEY", re.IGNORECASE)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


def in_default_profile(services):
    return {name for name, service in services.items() if not service.get("profiles")}


def option(service, name):
    """Value of `--name=value` in the command of a service, with the defaults filled in."""
    prefix = f"--{name}="
    values = [part for part in service["command"] if part.startswith(prefix)]
    return interpolate(values[0].removeprefix(prefix), {}) if values else None


def test_services_and_profiles(services):
    assert set(services) == {"nginx"} | ODOO_SERVICES | POSTGRESQL_SERVICES
    assert in_default_profile(services) == {"db", "web", "cron", "nginx"}
    in_replica = {n for n, s in services.items() if "replica" in s.get("profiles", [])}
    assert in_replica == {"replica-prepare", "db-replica"}


def test_images_are_the_official_ones(services):
    for name in ODOO_SERVICES:
        assert services[name]["image"] == "odoo:19"
    for name in POSTGRESQL_SERVICES:
        assert services[name]["image"] == "postgres:16"
    for service in services.values():
        image, _, tag = service["image"].partition(":")
        assert "/" not in image, "official images have no owner"
        assert tag and tag != "latest"
        assert "build" not in service


def test_bind_mounts_exist_and_are_read_only(services):
    seen = set()
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source, target, *mode = volume.split(":")
            if not source.startswith("."):
                continue
            assert (ROOT / source).exists(), f"{name} mounts {source}, which does not exist"
            assert mode == ["ro"], f"{name} may write to {source}"
            seen.add((source, target))
    assert ("./addons", "/mnt/extra-addons") in seen
    assert ("./config", "/etc/odoo") in seen


def test_named_volumes_are_declared(compose, services):
    used = set()
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith("."):
                used.add(source)
    assert used == set(compose["volumes"])
    for name in ("web", "cron", "init", "upgrade"):
        assert "odoo-data:/var/lib/odoo" in services[name]["volumes"], "they share the filestore"


def test_only_nginx_is_published_and_to_this_machine_by_default(services):
    assert [n for n, s in services.items() if s.get("ports")] == ["nginx"]
    (port,) = services["nginx"]["ports"]
    assert interpolate(port, {}) == "127.0.0.1:8069:80"
    assert interpolate(port, {"HTTP_BIND": "0.0.0.0", "HTTP_PORT": "80"}) == "0.0.0.0:80:80"


def test_the_database_network_has_no_way_out(compose, services):
    assert compose["networks"]["data"]["internal"] is True
    for name in POSTGRESQL_SERVICES:
        assert services[name]["networks"] == ["data"]
    assert services["nginx"]["networks"] == ["app"]


def test_services_that_stay_are_checked_and_restarted(services):
    for name, service in services.items():
        if name in ONE_OFF:
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped"
        check = service["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries", "start_period"} <= set(check)
        assert service["logging"]["options"]["max-size"], "logs must not fill the disk"


def test_start_order_waits_for_health(services):
    for name in ODOO_SERVICES:
        assert services[name]["depends_on"]["db"]["condition"] == "service_healthy"
    assert services["nginx"]["depends_on"]["web"]["condition"] == "service_healthy"
    # The replica is optional, so nothing of the default profile may require it.
    default = in_default_profile(services)
    for name in default:
        for needed, how in services[name].get("depends_on", {}).items():
            assert needed in default or how["required"] is False


def test_one_service_runs_the_jobs_and_several_workers_serve(services):
    assert int(option(services["web"], "workers")) >= 2
    assert option(services["web"], "max-cron-threads") == "0"
    assert option(services["cron"], "workers") == "0"
    assert int(option(services["cron"], "max-cron-threads")) >= 1
    for name in ("init", "upgrade"):
        text = " ".join(services[name].get("command") or []) + (CONFIG / "init.sh").read_text()
        assert "--stop-after-init" in text
    for name in ("web", "cron", "upgrade"):
        assert option(services[name], "database") == "aftersales", "one database, named"


def test_no_secret_is_written_in_the_file(compose, services):
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if SECRET_WORD.search(variable):
                assert variable.endswith("_FILE"), f"{name}: {variable} must come from a secret"
                secret = value.removeprefix("/run/secrets/")
                assert secret in service["secrets"], f"{name} does not get the secret {secret}"
    for secret in compose["secrets"].values():
        assert set(secret) == {"environment"}


def test_a_missing_password_stops_compose_with_a_sentence(compose):
    (guard,) = compose["x-required"]
    with pytest.raises(KeyError, match=r"set POSTGRES_PASSWORD in \.env"):
        interpolate(guard, {})
    with pytest.raises(KeyError):
        interpolate(guard, {"POSTGRES_PASSWORD": ""})


def test_the_example_environment_is_complete_and_empty_of_secrets(compose):
    text = (CONFIG / ".env.example").read_text()
    values = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    for name, value in values.items():
        if SECRET_WORD.search(name):
            assert value == "", f"{name} has a default"
    compose_text = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"\$\{(\w+)", compose_text)) | {"PGHOST_REPLICA"}
    read |= {secret["environment"] for secret in compose["secrets"].values()}
    assert read <= set(values), "every variable that is read is explained"
    assert set(values) - read == {"COMPOSE_PROFILES"}


def test_the_replica_follows_the_primary_and_odoo_reads_from_it(services):
    replica, prepare = services["db-replica"], services["replica-prepare"]
    assert replica["environment"]["PGHOST"] == prepare["environment"]["PGHOST"] == "db"
    done = replica["depends_on"]["replica-prepare"]["condition"]
    assert done == "service_completed_successfully"
    # Without a value: an empty one would mean something else to Odoo.
    assert services["web"]["environment"]["PGHOST_REPLICA"] is None
    assert "PGHOST_REPLICA=db-replica" in (CONFIG / ".env.example").read_text()
    hba = (CONFIG / "pg_hba.conf").read_text()
    assert re.search(r"^host\s+replication\s+replicator\s+samenet\s+scram-sha-256$", hba, re.M)


def test_compose_itself_accepts_the_file(tmp_path):
    """Only where the Compose program is at hand; it needs no running engine for this."""
    if shutil.which("docker-compose"):
        command = ["docker-compose"]
    elif (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        command = ["docker", "compose"]
    else:
        pytest.skip("Docker Compose is not installed")
    command += ["--file", str(ROOT / "docker-compose.yml"), "--profile", "*", "config", "--quiet"]
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    accepted = subprocess.run(
        command, env={**base, "POSTGRES_PASSWORD": "x"}, capture_output=True, text=True
    )
    assert (accepted.returncode, accepted.stderr) == (0, "")
    if not (ROOT / ".env").exists():
        refused = subprocess.run(command, env=base, capture_output=True, text=True)
        # Some wrappers of the program lose its exit status, so the sentence is what counts.
        assert "set POSTGRES_PASSWORD in .env" in refused.stderr
