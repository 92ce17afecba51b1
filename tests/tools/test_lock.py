"""A lock tells who holds it and is free again however its holder ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.lock import Share, locked

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from tools.lock import locked
with locked(Path(sys.argv[1]), "building a template"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.lock"


@pytest.fixture
def holder(path):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.wait()


def test_who_holds_it_is_told(path, holder):
    expected = f"process {holder.pid}.* is building a template since .*Let it finish"
    with pytest.raises(ToolError, match=expected), locked(path, "testing"):
        pass


def test_a_killed_holder_leaves_it_free(path, holder):
    holder.kill()
    holder.wait()
    with locked(path, "testing"):
        pass


def test_waiting_is_announced_once(path, holder, capsys):
    with pytest.raises(ToolError), locked(path, "testing", wait=1):
        pass
    assert capsys.readouterr().out.count("... waiting") == 1


def test_an_empty_lock_file_is_no_obstacle(path):
    path.touch()
    with locked(path, "testing"):
        assert "testing" in path.read_text()
    assert path.read_text() == ""


def test_the_last_user_is_told_so(path):
    first, second = Share(path), Share(path)
    assert not first.is_last()
    first.close()
    assert second.is_last()
    second.close()
