"""A pytest plugin: a test that makes Odoo log an unexpected warning or error has not passed.

What a test expects, it catches itself (`assertLogs`, `mute_logger`); that does not arrive here.
"""

import logging

import pytest

AFTER_THE_END = "Error received after termination"


class Unexpected(logging.Handler):
    """Collect what is logged at WARNING or above until somebody takes it."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self._lines = []

    def emit(self, record):
        # what a page still wants when the browser is being closed cannot matter to the test
        if not record.getMessage().startswith(AFTER_THE_END):
            self._lines.append(self.format(record))

    def take(self):
        lines, self._lines = self._lines, []
        return lines


def pytest_configure(config):
    handler = Unexpected()
    logging.getLogger().addHandler(handler)
    config.stash[HANDLER] = handler


HANDLER = pytest.StashKey()
OUTSIDE = pytest.StashKey()


def pytest_collection_finish(session):
    """What was logged while files were read belongs to no test."""
    session.config.stash[OUTSIDE] = session.config.stash[HANDLER].take()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    lines = item.config.stash[HANDLER].take()
    if lines and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = "Odoo logged what no test expected:\n" + "\n".join(lines)
    return report


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[OUTSIDE] = (
        session.config.stash.get(OUTSIDE, []) + session.config.stash[HANDLER].take()
    )
    if session.config.stash[OUTSIDE] and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(OUTSIDE, [])
    if lines:
        terminalreporter.section("logged outside of any test")
        for line in lines:
            terminalreporter.line(line)
