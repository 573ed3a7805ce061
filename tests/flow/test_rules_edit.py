"""The liaison edits the rules while the bot runs: a good edit moves the unsent, a bad one changes nothing."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.flow.house import PEOPLE, ROUTING, House, alert, post, steady, text
from tests.servers import until


def readers_of(house: House, message_id: str) -> list[str]:
    """Who a message is for, by the store."""
    with house.store() as store:
        stored = store.archive.by_message_id(message_id)
        return sorted(row.route.reader for row in store.archive.routes(stored.id)) if stored else []


def test_a_good_edit_reroutes_what_is_unsent(house: House) -> None:
    house.deliver(post("one", house.now()), alert("flood", house.now()))
    house.start()
    house.wait_for("cleo", "urgent")
    assert readers_of(house, "<one@example.org>") == ["ana", "ben"]

    house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", "to: [cleo]").replace("[ana, ben, cleo]", "[ana]"))
    until(lambda: readers_of(house, "<one@example.org>") == ["cleo"], 10, "the new route")
    # What was sent stays as it was.
    assert readers_of(house, "<flood@example.org>") == ["ana", "ben", "cleo"]
    house.pass_to_slot()
    (digest,) = house.wait_for("cleo", "digest")
    house.wait_all_sent()
    assert "Notice one" in text(digest)
    assert not any("Notice one" in text(mail) for who in ("ana", "ben") for mail in house.mails(who))
    assert len(house.of_kind("cleo", "urgent")) == 1


def test_an_edit_while_the_bot_is_down_counts_too(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start().end()
    house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", "to: [cleo]"))
    house.start()
    until(lambda: readers_of(house, "<one@example.org>") == ["cleo"], 10, "the new route")


def test_a_new_address_is_used_from_the_next_mail(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    elsewhere = {**house.addresses, "ana": f"{house.name}-cleo@example.edu"}
    house.rule("people.yaml", PEOPLE.format(**elsewhere))
    house.pass_to_slot()
    (digest,) = house.wait_for("cleo", "digest")
    assert "Notice one" in text(digest)
    assert not house.mails("ana")


@pytest.mark.parametrize(("file", "old", "new", "line", "meant"), [
    ("routing.yaml", "to: [catalogers]", "to: [cateloguers]", 17, "catalogers"),
    ("people.yaml", "name: Ben Oduya", "nmae: Ben Oduya", 4, "name"),
    ("routing.yaml", "    send: daily", "   send: daily", 18, "Begin it in column 5"),
])
def test_a_bad_edit_changes_nothing_and_is_told(house: House, file: str, old: str, new: str, line: int,
                                                meant: str) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    good = (house.folder / "rules" / file).read_text()
    house.rule(file, good.replace(old, new))
    (notice,) = house.wait_for("robin", "notice")
    assert f"{file}:{line}" in text(notice)
    assert meant in text(notice)
    assert "^" not in text(notice)  # a caret means nothing where lines are wrapped
    assert readers_of(house, "<one@example.org>") == ["ana", "ben"]
    assert f"{file}:{line}" in house.status().said

    house.deliver(post("two", house.now()))
    house.wait_received(2)
    assert readers_of(house, "<two@example.org>") == ["ana", "ben"]

    house.rule(file, good)
    until(lambda: house.status().process.returncode == 0, 15, "the fault's end")
    assert len(house.of_kind("robin", "notice")) == 1


def test_a_restart_with_bad_rules_goes_on_with_the_last_good_ones(house: House) -> None:
    house.start().end()
    house.rule("people.yaml", "people: {robin: ")
    house.deliver(alert("flood", house.now()))
    house.start()
    house.wait_for("ana", "urgent")
    assert "people.yaml" in house.status().said


def versions(house: House) -> list[str]:
    """How each version in force came, the oldest first."""
    with house.store() as store:
        return [one.came for one in reversed(store.rules.all())]


def test_a_good_edit_is_live_within_two_seconds(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    for reader in ("cleo", "ana", "robin"):
        house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", f"to: [{reader}]"))
        begun = time.monotonic()
        until(lambda reader=reader: readers_of(house, "<one@example.org>") == [reader], 10, "the new route")
        assert time.monotonic() - begun < 2
    assert versions(house) == ["start", "edit", "edit", "edit"]


def test_a_half_saved_file_is_no_edit(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    whole = ROUTING.replace("to: [catalogers]", "to: [cleo]").encode()
    path = house.folder / "rules" / "routing.yaml"
    for end in range(0, len(whole), 60):  # an editor that writes in pieces, for more than two seconds
        path.write_bytes(whole[:end])
        time.sleep(0.25)
    path.write_bytes(whole)
    until(lambda: readers_of(house, "<one@example.org>") == ["cleo"], 10, "the new route")
    assert versions(house) == ["start", "edit"]
    steady(lambda: house.mails("robin"))
    assert "rules-refused" not in house.log()


def test_a_hangup_reloads_at_once_and_ends_nothing(house: House) -> None:
    house.deliver(post("one", house.now()))
    bot = house.start()
    house.wait_received(1)
    house.rule("routing.yaml", "rules: [")
    os.kill(bot.process.pid, signal.SIGHUP)
    house.wait_for("robin", "notice")
    house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", "to: [cleo]"))
    os.kill(bot.process.pid, signal.SIGHUP)
    until(lambda: readers_of(house, "<one@example.org>") == ["cleo"], 10, "the new route")
    assert bot.process.poll() is None
    assert versions(house) == ["start", "signal"]
    assert len(house.of_kind("robin", "notice")) == 1


def test_a_bad_edit_made_while_the_bot_is_down_is_told_once(house: House) -> None:
    house.start().end()
    house.rule("routing.yaml", "rules: [")
    house.start().end()
    house.start()
    house.wait_for("robin", "notice")
    steady(lambda: len(house.of_kind("robin", "notice")))
    assert "routing.yaml:" in text(house.of_kind("robin", "notice")[0])


def test_no_message_is_lost_or_left_by_old_rules_while_edits_come(house: House) -> None:
    house.start()
    for n in range(8):
        house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", f"to: [{('cleo', 'ana')[n % 2]}]"))
        house.deliver(*(post(f"mail {n} {k}", house.now()) for k in range(6)))
        time.sleep(1.6)
    house.rule("routing.yaml", ROUTING.replace("to: [catalogers]", "to: [ben]"))
    house.wait_received(48)
    with house.store() as store:
        newest = store.rules.newest
        until(lambda: all("ben" in (who := {row.route.reader for row in store.archive.routes(one.id)})
                          and not who & {"ana", "cleo"} for one in house.received()), 15, "all by the last rules")
        assert newest() is not None
        assert "to: [ben]" in newest().texts["routing.yaml"]
    assert len(versions(house)) > 4


def test_back_to_an_older_version(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    path = house.folder / "rules" / "routing.yaml"
    first = path.read_bytes()
    house.rule("routing.yaml", "# mine\n" + ROUTING.replace("to: [catalogers]", "to: [cleo]"))
    until(lambda: readers_of(house, "<one@example.org>") == ["cleo"], 10, "the new route")
    done = house.command("rules", "back", "1")
    done.wait()
    assert done.process.returncode == 0, done.said
    assert path.read_bytes() == first
    until(lambda: readers_of(house, "<one@example.org>") == ["ana", "ben"], 10, "the old route")
    (copy,) = (house.folder / "rules").glob("before-*")
    assert (copy / "routing.yaml").read_text().startswith("# mine\n")
    log = house.command("rules", "log")
    log.wait()
    assert "rules back" in log.said
    assert "routing.yaml +1 -2" in log.said
    assert versions(house) == ["start", "edit", "back"]
