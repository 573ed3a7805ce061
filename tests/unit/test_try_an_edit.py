"""`replay`, `explain --with`, `who`, `what` and `suggest`: what an edit would do to past mail, told and not done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from bot.assemble import Plant, assemble
from bot.cli import main
from bot.commands.suggest import quoted
from bot.config import load_config
from bot.rulebook import load_rulebook
from bot.store.store import Store
from tests.unit.builders import batch, raw, rules, texts, write_config, write_rules

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = format_datetime(NOW)
AREAS = """\
cataloging: {label: Cataloging, lists: [techserv-ig], words: [bib record, overlay]}
downtime: {label: System status, words: [outage, is down], mandatory_for: [desk]}
training: {label: Training, words: [webinar]}
parking: {label: Parking, words: [car park, permit]}
"""
MAILS = {
    "down": ("Alma is down", "Alma is down for all libraries. The outage began just now; we are working on it."),
    "records": ("Bib record overlay", "The overlay of a bib record changed; look at each bib record in your zone."),
    "permits": ("Parking permit prices", "A permit for the car park costs more from January on. Order a permit soon."),
    "confidential": ("Budget figures", "These figures are confidential until the meeting."),
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library that has taken in four mails; the folder holds config.yaml, rules and a copy of them to edit."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.delenv("LIAISON_CONFIG", raising=False)
    config = write_config(tmp_path)
    secret = rules("rule: secret, when: {text: confidential}, hold: true")
    write_rules(tmp_path / "rules", texts(areas=AREAS, routing=secret))
    lists = {"records": "techserv-ig"}
    with_bot(config, [raw(text, subject=subject, key=key, date_=TODAY, to=lists.get(key, "i-share"))
                      for key, (subject, text) in MAILS.items()])
    edit(tmp_path)
    return tmp_path


def with_bot(config: Path, mails: list[bytes], *, first: int = 1) -> None:
    plant = assemble(load_config(config), NOW, keep=True)
    try:
        plant.receiver.receive(batch(*mails, first=first), NOW)
    finally:
        plant.close()


def edit(folder: Path, name: str = "", old: str = "", new: str = "") -> None:
    """A copy of the rules in `edited`, with one change."""
    target = folder / "edited"
    target.mkdir(exist_ok=True)
    for path in (folder / "rules").glob("*.yaml"):
        text = path.read_text("utf-8")
        if path.name == name:
            assert old in text
            text = text.replace(old, new) if old else text + new
        (target / path.name).write_text(text, "utf-8")


def liaison(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def facts(*words: str) -> dict:  # type: ignore[type-arg]
    return json.loads(liaison("replay", "--with", "edited", "--json", *words).output)


def number_of(key: str) -> int:
    store = Store.open("var/store.db")
    try:
        stored = store.archive.by_message_id(f"<{key}@carli.example.org>")
        assert stored is not None
        return stored.id
    finally:
        store.close()


@pytest.fixture
def unchanged(library: Path) -> Iterator[None]:
    """The store has the same rows after the test as before."""
    def rows() -> list[object]:
        store = Store.open("var/store.db")
        try:
            return [(one.id, one.disposition, one.reading, store.archive.routes(one.id)) for one in
                    store.archive.received(NOW - timedelta(days=1), NOW + timedelta(days=1))] + [
                store.health.mark("rules:last-good")]
        finally:
            store.close()
    before = rows()
    yield
    assert rows() == before


# ── replay ──


def test_the_same_files_are_told_to_be_the_same(library: Path) -> None:
    result = liaison("replay")
    assert result.exit_code == 0
    assert "are the very rules in force" in result.output


@pytest.mark.usefixtures("unchanged")
def test_a_new_rule_gains_readers_and_nothing_is_stored(library: Path) -> None:
    edit(library, "routing.yaml", "", "  - {rule: r, when: {text: overlay}, to: [sam], send: now, why: because}\n")
    result = liaison("replay", "--with", "edited")
    assert result.exit_code == 0
    assert re.search(r"Sam Whitfield +│ +1 │", result.output)
    assert "Bib record overlay" in result.output
    assert "Would turn urgent: 1" in result.output
    found = facts()
    assert [line["id"] for line in found["readers"]["sam"]["gained"]] == [number_of("records")]
    assert found["ok"] is True


def test_what_was_too_old_to_go_at_once_is_told(library: Path) -> None:
    old = format_datetime(NOW - timedelta(days=3))
    with_bot(library / "config.yaml", [raw("The overlay is new.", subject="Overlay", key="old", date_=old,
                                           to="techserv-ig")], first=10)
    edit(library, "routing.yaml", "", "  - {rule: r, when: {text: overlay}, to: [sam], send: now, why: because}\n")
    result = liaison("replay", "--with", "edited")
    assert "One message would go at once by the edit, had it been new when it came" in result.output
    assert facts()["kept_from_haste"] == 1
    assert [line["how"] for line in facts()["readers"]["sam"]["gained"]].count("daily") == 1


@pytest.mark.usefixtures("unchanged")
def test_a_lost_downtime_stands_first_in_words_and_ends_with_one(library: Path) -> None:
    edit(library, "areas.yaml", "mandatory_for: [desk]", "mandatory_for: [lee]")
    result = liaison("replay", "--with", "edited")
    assert result.exit_code == 1
    assert result.output.startswith("Somebody would lose a downtime notice:")
    assert "“Alma is down”" in result.output.splitlines()[1]
    assert "Sam Whitfield would not get it." in result.output.splitlines()[1]
    assert "liaison replay --accept" in result.output
    assert liaison("replay", "--with", "edited", "--accept").exit_code == 0
    assert facts()["ok"] is False


def test_a_downtime_that_would_no_more_come_at_once_is_lost_too(library: Path) -> None:
    edit(library, "people.yaml", "downtime: now", "downtime: weekly")
    result = liaison("replay", "--with", "edited")
    assert result.exit_code == 1
    assert "Dana Ortiz would not get it at once." in result.output
    assert "Would stop being urgent: 1" in result.output


def test_words_of_an_area_are_tried_on_what_shows_them(library: Path) -> None:
    """An area's new word moves stored mail although nothing was read anew in the store."""
    edit(library, "people.yaml", "training: weekly", "training: weekly, parking: daily")
    assert [line["subject"] for line in facts()["readers"]["sam"]["gained"]] == ["Parking permit prices"]
    edit(library, "areas.yaml", "label: Parking, words: [car park, permit]", "label: Zeppelins, words: [airship]")
    found = facts()
    assert found["read_again"] == 1
    (library / "edited" / "people.yaml").write_text(
        (library / "rules" / "people.yaml").read_text().replace("training: weekly", "parking: daily"))
    assert "sam" not in facts()["readers"]


def test_what_nobody_but_the_liaison_would_get(library: Path) -> None:
    edit(library, "people.yaml", "cataloging: daily, ", "")
    (library / "edited" / "people.yaml").write_text(
        (library / "edited" / "people.yaml").read_text().replace("areas: {cataloging: weekly}", "areas: {}"))
    found = facts()
    assert [line["subject"] for line in found["nobody"]] == ["Bib record overlay"]
    assert found["nobody"][0]["how"] == "only to the liaison"


def test_what_a_rule_held_is_gained_when_the_rule_goes(library: Path) -> None:
    edit(library, "routing.yaml", "confidential", "tollgate")
    assert [line["subject"] for line in facts()["readers"]["robin"]["gained"]] == ["Budget figures"]


def test_whoever_would_not_have_been_told_of_a_downtime_is_not_told_that_it_is_over(library: Path) -> None:
    """The edited side goes by whom the edited rules would have told."""
    over = raw("The outage is over and Alma is restored.", subject="RESOLVED: Alma is down", key="over", date_=TODAY,
               to="i-share", extra="In-Reply-To: <down@carli.example.org>\r\n")
    with_bot(library / "config.yaml", [over], first=9)
    edit(library, "people.yaml", "downtime: now", "downtime: never")
    lost = {line["id"]: line["how"] for line in facts()["readers"]["dana"]["lost"]}
    assert lost == {number_of("down"): "was at once", number_of("over"): "was at once"}
    # The same by explain.
    said = liaison("explain", str(number_of("over")), "--with", "edited").output
    assert "dana: now → never" in said


def test_the_page_holds_the_same_and_nothing_remote(library: Path) -> None:
    edit(library, "areas.yaml", "mandatory_for: [desk]", "mandatory_for: [lee]")
    liaison("replay", "--with", "edited", "--html", "replay.html")
    page = (library / "replay.html").read_text("utf-8")
    assert "Alma is down" in page and "Sam Whitfield" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_a_person_who_is_gone_is_told_so(library: Path) -> None:
    edit(library, "people.yaml", "  sam: {", "  zoe: {")
    (library / "edited" / "people.yaml").write_text(
        (library / "edited" / "people.yaml").read_text().replace("[sam, lee]", "[lee]"))
    assert "Sam Whitfield (no longer in people.yaml)" in liaison("replay", "--with", "edited").output


@pytest.mark.parametrize(("words", "expected"), [
    (("replay", "--with", "nowhere"), "There is no folder nowhere."),
    (("replay", "--days", "0"), "0 days make no span."),
    (("explain", "1", "--with", "nowhere"), "There is no folder nowhere."),
    (("who", "catalogin"), "Did you mean `cataloging`?"),
    (("what", "dnaa"), "Did you mean `dana`?"),
    (("what", "nobody"), "people.yaml knows robin, dana, lee, sam."),
    (("suggest", "2", "--to", "dnaa"), "Did you mean `dana`?"),
    (("suggest", "99", "--to", "dana"), "There is no message with the number 99."),
])
def test_mistakes_are_told_with_their_mend(library: Path, words: tuple[str, ...], expected: str) -> None:
    result = liaison(*words)
    assert result.exit_code == 2
    assert expected in result.output


def test_mistakes_in_edited_files_are_told_with_their_place(library: Path) -> None:
    edit(library, "routing.yaml", "hold: true", "hodl: true")
    result = liaison("replay", "--with", "edited")
    assert result.exit_code == 2
    assert "edited/routing.yaml:2:" in result.output and "Did you mean `hold`?" in result.output


def test_without_past_mail_there_is_nothing_to_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path)
    result = liaison("replay")
    assert result.exit_code == 2
    assert "The bot has never run here" in result.output


@pytest.mark.parametrize("words", [("status",), ("explain", "2"), ("report",), ("preview", "dana"), ("who", "parking")])
def test_looking_puts_no_edit_in_force(library: Path, words: tuple[str, ...]) -> None:
    edit(library, "people.yaml", "training: weekly", "training: daily")
    (library / "rules" / "people.yaml").write_text((library / "edited" / "people.yaml").read_text())
    liaison(*words)
    assert "nothing to compare" not in liaison("replay").output


# ── explain ──


def test_explain_by_edited_files_says_what_they_change(library: Path) -> None:
    edit(library, "routing.yaml", "", "  - {rule: r, when: {text: overlay}, to: [sam], why: because}\n")
    number = str(number_of("records"))
    said = liaison("explain", number, "--with", "edited").output
    assert "✓ r: held: says “overlay”" in said
    assert "· secret: did not hold: does not say confidential" in said
    assert "sam: never → weekly" in said or "sam: never → daily" in said
    assert "✓ r" not in liaison("explain", number).output


def test_explain_says_when_the_files_are_not_in_force(library: Path) -> None:
    path = library / "rules" / "people.yaml"
    path.write_text(path.read_text().replace("training: weekly", "training: daily"))
    assert "are not in force yet" in liaison("explain", "1").output
    path.write_text("people: [")
    assert "cannot be used now" in liaison("explain", "1").output


# ── who, what ──


def test_who_names_choice_duty_rules_leave_and_signs(library: Path) -> None:
    people = (library / "rules" / "people.yaml").read_text().replace(
        "downtime: now}}", "downtime: now}, deputy: lee, away: {from: 2020-01-01, until: 2099-12-31}}")
    (library / "rules" / "people.yaml").write_text(people)
    areas = library / "rules" / "areas.yaml"
    areas.write_text(areas.read_text().replace("{label: System status", "{lead: lee, label: System status"))
    with_bot(library / "config.yaml", [raw("x y z", key="later", date_=TODAY)], first=20)
    said = liaison("who", "Downtime").output
    assert "lead: Lee Abara (lee)" in said
    assert "words: outage, is down" in said
    assert "Dana Ortiz (dana): now, own choice — on leave until" in said and "goes to Lee Abara" in said
    assert "Sam Whitfield (sam): mandatory" in said


def test_what_names_areas_groups_deputies_and_the_last_30_days(library: Path) -> None:
    said = liaison("what", "sam").output
    assert "groups: desk" in said
    assert "System status (downtime): daily, at once when urgent, mandatory" in said
    assert "nothing was sent" in said
    plant: Plant = assemble(load_config(library / "config.yaml"), NOW)
    plant.publisher.publish_urgent(NOW)
    plant.close()
    assert "System status: 1 at once" in liaison("what", "sam").output


# ── suggest ──


@pytest.mark.usefixtures("unchanged")
def test_suggest_proposes_lines_that_load_and_do_it(library: Path) -> None:
    number = number_of("permits")
    result = liaison("suggest", str(number), "--to", "sam", "--way", "weekly")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if re.match(r"  - rule|    \w+:", line)]
    assert "Nothing was written." in result.output
    edit(library, "routing.yaml", "", "\n".join(lines) + "\n")
    gained = facts()["readers"]["sam"]["gained"]
    assert [(line["id"], line["how"]) for line in gained] == [(number, "weekly")]
    assert load_rulebook(library / "edited", "robin").rules[-1].to == ("sam",)


def test_suggest_is_narrow(library: Path) -> None:
    """Not the whole list: what else the sender posts there about other things stays away."""
    more = [raw(f"The overlay of bib record {n} changed; look at each bib record in set {'abcdef'[n] * 5}.",
                subject=f"Overlay of set {'abcdef'[n] * 5}", key=f"o{n}", date_=TODAY) for n in range(5)]
    with_bot(library / "config.yaml", more, first=30)
    result = liaison("suggest", str(number_of("permits")), "--to", "sam")
    assert "no others" in result.output
    assert "Overlay" not in result.output


def test_suggest_says_when_no_rule_is_needed_or_none_would_help(library: Path) -> None:
    got = liaison("suggest", str(number_of("records")), "--to", "dana")
    assert got.exit_code == 1 and "Dana Ortiz gets it already, daily" in got.output
    held = liaison("suggest", str(number_of("confidential")), "--to", "dana")
    assert held.exit_code == 1 and "the rule “secret” holds it." in held.output


@pytest.mark.parametrize("text", ["plain", "two words", "yes", "856", "a: b", "it's “so”", "# no", "a, b", "{x}", ""])
def test_what_is_written_into_yaml_is_read_as_the_same(text: str) -> None:
    assert YAML(typ="safe").load(f"key: [{quoted(text)}]") == {"key": [text]}
