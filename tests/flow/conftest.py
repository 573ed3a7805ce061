"""The house of one test; whatever it started is ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.house import House
from tests.servers import MailServers


@pytest.fixture
def house(tmp_path: Path, mail_servers: MailServers, user: str) -> Iterator[House]:
    """A library whose bot is not running yet."""
    built = House(tmp_path, mail_servers, f"flow-{user}")
    yield built
    built.close()
