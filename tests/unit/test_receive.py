"""Taking mail in: everything accounted for, nothing twice, one bad message stops nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Judges, Received, Receiver
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.types import Disposition, Way
from tests.unit.builders import NOW, batch, book, config, raw, rules

LONG = ("The committee asks every library to look at the overlay rules for its bib records before the next import, and "
        "to tell the office which collections should be passed over this time around.\n")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


def judges(where: Path, rulebook: Rulebook | None = None) -> Judges:
    return build_judges(config(where), rulebook or book(), None)


class House:
    def __init__(self, where: Path, rulebook: Rulebook | None = None) -> None:
        self.where, self.store = where, Store.in_memory()
        self.judges = judges(where, rulebook)
        self.receiver = Receiver(self.store, lambda: self.judges)

    def take(self, *mails: bytes, first: int = 1) -> list[Received]:
        return self.receiver.receive(batch(*mails, first=first), NOW)

    def routes(self, number: int) -> dict[str, Way]:
        return {row.route.reader: row.route.way for row in self.store.archive.routes(number)}


@pytest.mark.parametrize(("mail", "disposition", "kind"), [
    (raw(), Disposition.ROUTED, ""),
    (raw(vouched=False), Disposition.ROUTED, ""),
    (raw(extra="Auto-Submitted: auto-replied\r\n"), Disposition.SET_ASIDE, "auto-reply"),
    (raw("Patron barcode 21234567890123, name Jo Doe, owes a fine.\n"), Disposition.HELD, "patron-data"),
    (raw(sender="Digest <digest@library.example.edu>").replace(b"<techserv-ig.carli.example.org>",
                                                               b"<digest.library.example.edu>"),
     Disposition.SET_ASIDE, "own-mail"),
    (b"", Disposition.QUARANTINED, "unreadable"),
    (b"\r\n\r\n", Disposition.QUARANTINED, "unreadable"),
    (b"x", Disposition.ROUTED, ""),
])
def test_what_becomes_of_an_arrival(where: Path, mail: bytes, disposition: Disposition, kind: str) -> None:
    house = House(where)
    [one] = house.take(mail)
    assert (one.admission.disposition, one.admission.kind) == (disposition, kind)
    assert house.store.archive.raw(one.id) == mail
    assert bool(house.routes(one.id)) is (disposition is Disposition.ROUTED)


def test_a_batch_that_comes_again_does_nothing(where: Path) -> None:
    house = House(where)
    mails = raw(key="a"), raw(LONG, key="b", subject="Another thing")
    assert len(house.take(*mails)) == 2
    assert house.take(*mails) == []
    assert house.store.archive.count().received == 2


def test_the_position_moves_with_the_mail(where: Path) -> None:
    house = House(where)
    house.take(raw(), first=7)
    position = house.store.archive.position("lists", "INBOX")
    assert position is not None
    assert position.uid == 7


def test_a_batch_that_cannot_be_stored_leaves_nothing_and_no_position(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.store.intake import Intake

    house = House(where)
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "move", lambda *_: (_ for _ in ()).throw(OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            house.take(raw())
    assert house.store.archive.count().received == 0
    assert house.store.archive.position("lists", "INBOX") is None
    assert len(house.take(raw())) == 1


def test_a_bad_message_stops_nothing(where: Path) -> None:
    house = House(where)
    found = house.take(raw(key="a"), b"", raw(LONG, key="b", subject="Other"))
    assert [one.admission.disposition.value for one in found] == ["routed", "quarantined", "routed"]


def test_a_bug_of_ours_quarantines_one_message(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.pipeline import receive

    real = receive.parse

    def parse(content: bytes, **more: object) -> object:
        if b"poison" in content:
            raise LookupError("our own mistake")
        return real(content, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(receive, "parse", parse)
    found = House(where).take(raw("poison\n", key="a"), raw(key="b"))
    assert [one.admission.disposition.value for one in found] == ["quarantined", "routed"]
    assert "LookupError" in found[0].admission.why
    assert "our own mistake" not in found[0].admission.why


def test_a_copy_folds_and_brings_its_list(where: Path) -> None:
    house = House(where, book(rules("rule: r, when: {list: announce}, to: [sam]")))
    first, copy = house.take(raw(LONG, key="a"), raw(LONG, key="a", to="announce"))
    assert copy.admission.disposition is Disposition.FOLDED
    assert copy.admission.folded_into == first.id
    stored = house.store.archive.get(first.id)
    assert stored is not None
    assert set(stored.lists) == {"techserv-ig", "announce"}
    assert "sam" in house.routes(first.id)


def test_a_held_message_never_stands_in_for_a_good_one(where: Path) -> None:
    house = House(where)
    bad = raw(LONG + "Patron barcode 21234567890123, name Jo Doe.\n", key="a")
    good = raw(LONG, key="a", to="announce")
    held, routed = house.take(bad, good)
    assert (held.admission.disposition, routed.admission.disposition) == (Disposition.HELD, Disposition.ROUTED)


def test_a_rule_holds_until_it_is_taken_back(where: Path) -> None:
    house = House(where, book(rules("rule: h, when: {text: overlay}, hold: true")))
    [one] = house.take(raw())
    assert (one.admission.disposition, one.admission.kind) == (Disposition.HELD, "rule")
    assert house.routes(one.id) == {}
    house.judges = judges(where)
    assert house.receiver.rejudge(NOW) == 1
    stored = house.store.archive.get(one.id)
    assert stored is not None
    assert stored.disposition is Disposition.ROUTED
    assert house.routes(one.id)


def test_an_edit_moves_what_is_not_sent_yet(where: Path) -> None:
    house = House(where)
    [one] = house.take(raw())
    assert "sam" not in house.routes(one.id)
    house.judges = judges(where, book(rules("rule: r, when: {text: overlay}, to: [sam], stop: true")))
    house.receiver.rejudge(NOW)
    assert set(house.routes(one.id)) == {"sam"}


def test_a_guards_own_verdict_stays_whatever_the_rules_say(where: Path) -> None:
    house = House(where)
    [one] = house.take(raw("Patron barcode 21234567890123, name Jo Doe.\n"))
    house.judges = judges(where, book(rules("rule: r, when: {subject: bib}, to: [sam]")))
    house.receiver.rejudge(NOW)
    stored = house.store.archive.get(one.id)
    assert stored is not None
    assert stored.disposition is Disposition.HELD
    assert house.routes(one.id) == {}


def test_a_reply_joins_its_conversation(where: Path) -> None:
    house = House(where)
    first, by_header, by_subject, other = house.take(
        raw(LONG, key="a", subject="Overlay rules of the zone"),
        raw("I agree with that.\n", key="b", subject="Re: anything", extra="In-Reply-To: <a@carli.example.org>\r\n"),
        raw("So do we, of course.\n", key="c", subject="Re: Overlay rules of the zone"),
        raw("A new question altogether.\n", key="d", subject="Overlay rules of the zone"))
    threads = [stored.thread for one in (first, by_header, by_subject, other)
               if (stored := house.store.archive.get(one.id))]
    assert threads[:3] == [first.id] * 3
    assert threads[3] != first.id


def test_old_mail_of_a_backfill_is_never_sent_at_once(where: Path) -> None:
    house = House(where, book(rules("rule: r, when: {text: overlay}, to: [dana], send: now, stop: true")))
    new, old = house.take(raw(key="a"), raw(LONG, key="b", subject="Other", date_="Mon, 02 Nov 2026 08:30:00 -0600"))
    assert (house.routes(new.id), house.routes(old.id)) == ({"dana": Way.NOW}, {"dana": Way.DAILY})


def test_a_message_that_is_too_large_is_held_by_its_headers_alone(where: Path) -> None:
    from dataclasses import replace

    whole = batch(raw().partition(b"\r\n\r\n")[0])
    cut = replace(whole, arrivals=(replace(whole.arrivals[0], truncated=True, size=40_000_000),))
    [one] = House(where).receiver.receive(cut, NOW)
    assert (one.admission.disposition, one.admission.kind) == (Disposition.HELD, "too-large")
    assert "40 MB" in one.admission.why


def test_the_log_names_no_words_of_the_mail(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        House(where).take(raw("The needle stands here.\n", subject="Haystack"))
    assert "received message=1" in caplog.text
    assert not {"needle", "Haystack", "ann@"} & set(caplog.text.replace("=", " ").split())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(
    st.binary(max_size=80),
    st.builds(lambda text, key: raw(text, key=key), st.text(max_size=60), st.sampled_from("abc")),
    st.builds(lambda date_: raw(date_=date_), st.sampled_from(
        ["Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00:00 +1400", "", "yesterday", "\x00", "1" * 400]))),
    max_size=6))
def test_whatever_comes_is_accounted_for(where: Path, mails: list[bytes]) -> None:
    house = House(where)
    found = house.take(*mails) if mails else []
    count = house.store.archive.count()
    assert count.received == len(found) == len(mails)
    assert sum(number for _, number in count) == len(mails)
    for one in found:
        is_routed = one.admission.disposition is Disposition.ROUTED
        assert bool(one.admission.decision.routes) is is_routed
        assert is_routed or one.admission.why


def test_later_mail_of_the_same_words_is_no_copy_after_a_month(where: Path) -> None:
    house = House(where)
    house.take(raw(LONG, key="a"))
    later = house.receiver.receive(batch(raw(LONG, key="b"), first=2), NOW + timedelta(days=31))
    assert later[0].admission.disposition is Disposition.ROUTED
