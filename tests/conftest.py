"""Fixtures that more than one room's tests need."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.faults import ScriptedServer, scripted_server
from tests.servers import MailServers, missing

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """Private Dovecot and Postfix for the whole run."""
    if reason := missing():
        pytest.skip(f"the private mail server {reason}")
    with MailServers() as servers:
        yield servers


@pytest.fixture
def user() -> str:
    """A mail user that no other test has."""
    return f"reader{next(_numbers)}"


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """An SMTP server that answers from a list of replies, else kindly."""
    with scripted_server() as server:
        yield server
