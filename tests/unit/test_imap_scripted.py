"""What servers do only sometimes: throttling, full houses, goodbyes, news that are none, poison, very large folders."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
import pytest

from bot.config import Backfill, Mailbox
from bot.errors import LoginError, MailboxError
from bot.inbox.imap import LISTED_AT_ONCE, ImapSource
from bot.types import Batch, Position
from tests.imapscript import ScriptedImap
from tests.unit.test_imap import NOW, read, uids


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    """A server with three messages."""
    with ScriptedImap() as server:
        yield server


@pytest.fixture
def sources() -> Iterator[list[ImapSource]]:
    """Sources that are closed at the end."""
    made: list[ImapSource] = []
    yield made
    for source in made:
        source.close()


def source(server: ScriptedImap, sources: list[ImapSource], **settings: object) -> ImapSource:
    """A source of the server's folder."""
    imap = {"host": "127.0.0.1", "port": server.port, "user": "lists", "security": "none", "timeout_seconds": 3}
    sources.append(ImapSource(Mailbox.model_validate({"name": "lists", "imap": imap} | settings), "INBOX", "secret"))
    return sources[-1]


def persist(one: ImapSource, after: Position | None = None, tries: int = 12) -> tuple[list[Batch], int]:
    """What the daemon does: read again after each failure. All batches, and how many failures there were."""
    taken: list[Batch] = []
    for failures in range(tries):
        try:
            for batch in one.batches(after, NOW):
                taken.append(batch)
                after = batch.position
        except MailboxError:
            continue
        return taken, failures
    raise AssertionError(f"still failing after {tries} tries")


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "FETCH", "UID FETCH"])
@pytest.mark.parametrize("answer", [
    "NO [THROTTLED] Request is throttled. Suggested Backoff Time: 2000 milliseconds", "NO [LIMIT] too many commands",
    "NO [UNAVAILABLE] try again", "BYE Session invalidated - AccessDeniedException",
    "BAD User is authenticated but not connected.",
])
def test_a_throttled_step_is_done_later_and_is_no_wrong_password(server: ScriptedImap, sources: list[ImapSource],
                                                                command: str, answer: str) -> None:
    server.refuse[command] = [answer]
    one = source(server, sources)
    with pytest.raises(MailboxError) as caught:
        read(one)
    assert not isinstance(caught.value, LoginError) and caught.value.temporary and caught.value.what
    assert uids(persist(one)[0]) == [1, 2, 3]


def test_a_server_that_takes_no_more_connections_is_asked_again(server: ScriptedImap,
                                                                sources: list[ImapSource]) -> None:
    server.most = 1
    first, second = source(server, sources), source(server, sources)
    assert uids(read(first)[0]) == [1, 2, 3]
    for _ in range(3):
        with pytest.raises(MailboxError) as caught:
            read(second)
        assert not isinstance(caught.value, LoginError)
    first.close()
    time.sleep(0.3)
    assert uids(persist(second)[0]) == [1, 2, 3]


def test_a_server_that_logs_out_again_and_again_loses_nothing(server: ScriptedImap, sources: list[ImapSource]) -> None:
    """Whatever it does, what was taken in before its goodbye stays taken in."""
    server.messages, server.goodbye_after = 40, 8
    batches, failures = persist(source(server, sources, batch=3), tries=40)
    assert uids(batches) == list(range(1, 41))
    assert failures >= 3


def test_news_that_are_none_are_looked_at_and_nothing_more(server: ScriptedImap, sources: list[ImapSource]) -> None:
    one = source(server, sources)
    _, after = read(one)
    server.nudges = True
    server.commands.clear()
    for _ in range(5):
        assert uids(read(one, after)[0]) == []
    assert server.commands["FETCH"] == server.commands["UID FETCH"] == 0
    assert server.connections == 1


def test_without_idle_the_bot_only_rests(server: ScriptedImap, sources: list[ImapSource]) -> None:
    server.idle = False
    one = source(server, sources)
    _, after = read(one)
    assert one.wait(0.3, lambda: False) is False
    assert server.commands["IDLE"] == 0
    server.messages = 4
    one._quiet = 100  # the next look examines the folder
    assert uids(read(one, after)[0]) == [4]


def test_one_poisonous_message_is_given_up_and_the_rest_comes_in(server: ScriptedImap,
                                                                 sources: list[ImapSource]) -> None:
    server.messages, server.poison = 9, 5
    batches, failures = persist(source(server, sources))
    arrivals = [arrival for batch in batches for arrival in batch.arrivals]
    assert [(one.uid, bool(one.raw)) for one in arrivals] == [(uid, uid != 5) for uid in range(1, 10)]
    assert failures <= 6


def test_what_others_remove_meanwhile_is_passed_over(server: ScriptedImap, sources: list[ImapSource]) -> None:
    server.messages = 6
    found = source(server, sources, batch=2).batches(None, NOW)
    first = next(found)
    server.gone |= {1, 3, 4}
    rest = list(found)
    assert uids([first, *rest]) == [1, 2, 5, 6] and rest[-1].position.uid == 6


def test_a_folder_that_is_made_anew_is_read_anew(server: ScriptedImap, sources: list[ImapSource]) -> None:
    one = source(server, sources)
    _, after = read(one)
    server.refuse["EXAMINE"] = ["NO [NONEXISTENT] no such folder"]
    one.close()
    with pytest.raises(MailboxError):
        read(one, after)
    server.uid_validity, server.messages = 8, 2
    batches, renewed = read(one, after)
    assert uids(batches) == [1, 2] and renewed is not None and renewed.uid_validity == 8


def test_a_folder_of_150_000_messages_is_listed_in_bounds(sources: list[ImapSource]) -> None:
    """The bot never searches: a line of 150,000 numbers, which Python's imaplib refuses, never comes to be."""
    with ScriptedImap(messages=150_000) as server:
        one = source(server, sources, backfill=Backfill(messages=1_200), batch=400)
        before, began = psutil.Process().memory_info().rss, time.monotonic()
        batches, after = read(one)
        assert uids(batches) == list(range(148_801, 150_001))
        assert server.commands["SEARCH"] == 0 and server.commands["UID SEARCH"] == 0
        assert server.commands["FETCH"] == 1_200 // LISTED_AT_ONCE + 1
        assert server.longest < 1_000
        far = Position(account="lists", folder="INBOX", uid_validity=7, uid=130_000)
        listed = one._above(one._examine(), far.uid, 150_000)
        assert [message.uid for message in listed[:2]] == [130_001, 130_002] and len(listed) == 20_000
        assert time.monotonic() - began < 60
        assert psutil.Process().memory_info().rss - before < 200_000_000
        server.messages += 2
        assert uids(list(one.batches(after, NOW))) == [150_001, 150_002]
