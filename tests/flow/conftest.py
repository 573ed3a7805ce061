"""The house of one test; whatever it started is ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.flow.bots import Stable
from tests.flow.house import House
from tests.servers import MailServers


@pytest.fixture(scope="session")
def stable() -> Iterator[Stable]:
    """Bots that start at once."""
    one = Stable()
    yield one
    one.close()


@pytest.fixture
def house(tmp_path: Path, mail_servers: MailServers, user: str, stable: Stable) -> Iterator[House]:
    """A library whose bot is not running yet."""
    built = House(tmp_path, mail_servers, f"flow-{user}", stable)
    yield built
    built.close()


#: How often a test of real processes, servers and seconds is tried: a machine that stands still for a moment, under
#: other work, fails one now and then. Each failed try is told at the end of the run.
TRIES = 2
_FAILED_TRY = "failed try"


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A test that fails is tried again, from its fixtures on; the last try counts."""
    if not item.nodeid.startswith("tests/flow/"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    told: list[str] = []
    for left in reversed(range(TRIES)):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        if not left or not failed:
            break
        told += [f"{report.when}:\n{report.longreprtext}" for report in failed]
        item._initrequest()  # type: ignore[attr-defined]
    reports[-1].user_properties.extend((_FAILED_TRY, text) for text in told)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What failed at first: a race of the test or of the bot, or a machine that stood still. Somebody should look."""
    reports = [report for of_kind in terminalreporter.stats.values() for report in of_kind
               if isinstance(report, pytest.TestReport)]
    told = [(report.nodeid, str(text)) for report in reports for name, text in report.user_properties
            if name == _FAILED_TRY]
    if told:
        terminalreporter.section("failed at the first try")
    for nodeid, text in told:
        terminalreporter.line(nodeid)
        for line in text.splitlines()[-25:]:
            terminalreporter.line(f"    {line}")
