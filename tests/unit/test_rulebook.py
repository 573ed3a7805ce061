"""The liaison's three files: what they mean, and every mistake told with its place and its mend."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import RulesError
from bot.rulebook import DAYS, load_rulebook, parse_rulebook
from bot.types import Way
from tests.unit.builders import AREAS, CHICAGO, PEOPLE, SHIPPED_RULES, book, rules, texts, write_rules


def problems(areas: str = AREAS, people: str = PEOPLE, routing: str = "", liaison: str | None = "robin") -> list[str]:
    with pytest.raises(RulesError) as caught:
        parse_rulebook(texts(areas, people, routing), Path("rules"), liaison)
    return [str(problem).splitlines()[0] for problem in caught.value.problems]


def test_the_shipped_rules_can_be_loaded_and_name_only_example_addresses() -> None:
    shipped = load_rulebook(SHIPPED_RULES, "robin")
    assert shipped.rules
    assert all(".example." in person.address or "@example." in person.address for person in shipped.people.values())


def test_members_are_people_groups_and_everyone_each_once() -> None:
    one = book()
    assert one.members(("desk", "sam", "dana")) == ("sam", "lee", "dana")
    assert one.members(("everyone",)) == ("robin", "dana", "lee", "sam")
    assert one.members(("nobody",)) == ()


def test_zone_and_label_fall_back() -> None:
    one = book(people=PEOPLE.replace("name: Lee Abara", "time_zone: America/New_York, name: Lee Abara"))
    assert one.zone("lee", CHICAGO) == ZoneInfo("America/New_York")
    assert one.zone("dana", CHICAGO) == CHICAGO
    assert one.zone("gone", CHICAGO) == CHICAGO
    assert (one.label("training"), one.label("gone"), one.label(None)) == ("Training", "gone", "Other")


def test_leave_holds_from_the_first_day_to_the_last() -> None:
    away = book(people=PEOPLE.replace("name: Lee Abara", "away: {from: 2026-12-18, until: 2027-01-04}, name: Lee"))
    days = (date(2026, 12, 17), date(2026, 12, 18), date(2027, 1, 4), date(2027, 1, 5))
    assert [away.people["lee"].is_away(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(("slot", "at", "on"), [
    ('{at: "07:30", on: weekdays}', time(7, 30), DAYS[:5]),
    ("{at: 07:30, on: Weekdays}", time(7, 30), DAYS[:5]),
    ("{at: 7:05, on: every day}", time(7, 5), DAYS),
    ("{at: 00:00, on: [mon]}", time(0, 0), ("mon",)),
    ("{at: 23:59, on: Tuesday}", time(23, 59), ("tue",)),
    ("{at: 07:30, on: [Mondays, thurs]}", time(7, 30), ("mon", "thu")),
    ("{at: 07:30, on: 'mon, wed'}", time(7, 30), ("mon", "wed")),
])
def test_slots(slot: str, at: time, on: tuple[str, ...]) -> None:
    found = book(f"slots:\n  daily: {slot}\n").slots
    assert (found["daily"].at, found["daily"].on) == (at, on)
    assert found["weekly"].on == ("mon",)


@pytest.mark.parametrize(("slot", "words"), [
    ("{at: 730, on: mon}", "`730` is not a time of day"), ("{at: 7.30, on: mon}", "`7.3` is not a time of day"),
    ("{at: 24:00, on: mon}", "`24:00` is not a time of day"), ("{at: 07:60, on: mon}", "is not a time of day"),
    ("{at: ²:30, on: mon}", "is not a time of day"), ("{at: 7 a.m., on: mon}", "is not a time of day"),
    ("{at: 07:30, on: monthly}", "`monthly` is not one of"), ("{at: 07:30, on: []}", "at least one"),
    ("{at: 07:30, on: [mon, 3]}", "`3` is not one of"), ("{at: 07:30}", "`on` is missing"),
    ("{at: 07:30, on: mon, om: tue}", "no setting `om`"),
])
def test_a_slot_that_is_none_is_refused(slot: str, words: str) -> None:
    [said] = problems(routing=f"slots:\n  daily: {slot}\n")
    assert said.startswith("rules/routing.yaml:2:")
    assert words in said


@pytest.mark.parametrize(("files", "expected"), [
    ({"routing": rules("rule: r, when: {area: catalogin}, to: [dana]")},
     "rules/routing.yaml:2:22: There is no area `catalogin`. Did you mean `cataloging`?"),
    ({"routing": rules("rule: r, when: {text: a}, to: [danna]")},
     "rules/routing.yaml:2:37: There is no person or group `danna`. Did you mean `dana`?"),
    ({"routing": rules("rule: r, when: {text: a}, never: [dek]")},
     "rules/routing.yaml:2:40: There is no person or group `dek`. Did you mean `desk`?"),
    ({"routing": rules("rule: r, when: {text: a}, tag: [trainin]")},
     "rules/routing.yaml:2:38: There is no area `trainin`. Did you mean `training`?"),
    ({"routing": rules("rule: r, when: {not: {area: trainin}}, to: [dana]")}, "There is no area `trainin`."),
    ({"routing": rules("rule: r, wen: {text: a}, when: {text: b}, to: [dana]")},
     "There is no setting `wen` here. Did you mean `when`?"),
    ({"routing": rules("rule: r, when: {txt: a}, to: [dana]")},
     "rules/routing.yaml:2:22: There is no setting `txt` here. Did you mean `text`?"),
    ({"routing": rules("rule: r, to: [dana]")}, "rules/routing.yaml:2:5: `when` is missing. Add a line `when: …`."),
    ({"routing": rules("rule: r, when: {}, to: [dana]")}, "This condition is empty"),
    ({"routing": rules("rule: r, when: {text: a}")}, "Rule `r` does nothing."),
    ({"routing": rules("rule: r, when: {text: a}, reply-to: lst")}, "Did you mean `list`?"),
    ({"routing": rules("rule: r, when: {text: a}, acknowledge: soon")}, "`soon` is no span"),
    ({"routing": rules("rule: r, when: {text: a}, acknowledge: 3m")}, "Write it as 30m or 2h."),
    ({"routing": rules("rule: r, when: {text: a}, acknowledge: 1h, reply-to: list")}, "Take `reply-to` out."),
    ({"routing": "holidays:\n  - {name: Labor Day}\n"}, "`Labor Day` needs a day"),
    ({"routing": "holidays:\n  - {name: Break, from: 2026-12-24}\n"}, "`Break` needs a day"),
    ({"routing": "holidays:\n  - {name: Break, from: 2026-12-24, until: 2026-12-20}\n"}, "lies before `from`"),
    ({"routing": "holidays:\n  - {name: Break, from: 2026-12-24, until: 2027-12-20}\n"}, "longer than sixty days"),
    ({"routing": "holidays:\n  - {name: Labor Day, onn: 2026-09-07}\n"}, "no setting `onn`"),
    ({"routing": "slots:\n  daily: {at: 07:30, on: mon, holidays: []}\n"}, "no setting `holidays`"),
    ({"people": PEOPLE.replace("name: Lee Abara", "quiet: {from: 20:00}, name: Lee Abara")},
     "Quiet hours need both `from` and `until`."),
    ({"people": PEOPLE.replace("name: Lee Abara", "quiet: {weekend: true}, name: Lee Abara")},
     "Did you mean `weekends`?"),
    ({"routing": rules("rule: r, when: {text: a}, to: [dana], send: never")}, "write `never: [names]`"),
    ({"routing": rules("rule: r, when: {text: a}, to: [dana], send: dialy")}, "Did you mean `daily`?"),
    ({"routing": rules("rule: '', when: {text: a}, to: [dana]")}, "This must not be empty."),
    ({"routing": rules("rule: r, when: {text: a}, to: [dana]", "rule: r, when: {text: b}, to: [dana]")},
     "rules/routing.yaml:3:6: A rule `r` stands here a second time."),
    ({"routing": rules("rule: r, when: {text: '/(a/'}, to: [dana]")}, "The regular expression /(a/ is not valid"),
    ({"routing": rules("rule: r, when: {text: true}, to: [dana]")}, "a word belongs here; put it in quotes"),
    ({"routing": rules("rule: r, when: {text: a}, hold: maybe")}, "write true or false"),
    ({"routing": "rules: hello\n"}, "`rules` cannot be `hello`: a list belongs here"),
    ({"routing": "- rule: r\n"}, "This file cannot be a list: lines of the form"),
    ({"routing": "rules:\n"}, "`rules` cannot be empty: a list belongs here"),
    ({"routing": "slots: {dayly: {at: 07:30, on: mon}}\n"}, "Did you mean `daily`?"),
    ({"areas": ""}, "rules/areas.yaml:1: This file should hold the areas"),
    ({"areas": "- a\n"}, "rules/areas.yaml:1: This file should hold the areas"),
    ({"areas": AREAS + "new:\n"}, "rules/areas.yaml:4:1: `label` is missing."),
    ({"areas": AREAS + "new: [1]\n"}, "rules/areas.yaml:4:1: `new` cannot be a list"),
    ({"areas": AREAS + "new: {lable: x}\n"}, "Did you mean `label`?"),
    ({"areas": AREAS + "new: {label: x, lead: danna}\n"}, "There is no person `danna`. Did you mean `dana`?"),
    ({"areas": AREAS + "new: {label: x, mandatory_for: [everybody]}\n"}, "There is no person or group `everybody`."),
    ({"people": ""}, "rules/people.yaml:1: `people` is missing."),
    ({"people": PEOPLE.replace("dana@library.example.edu", "dana")}, "rules/people.yaml:3:28: `dana` is not an e-mail"),
    ({"people": PEOPLE.replace("downtime: now", "downtine: now")}, "Did you mean `downtime`?"),
    ({"people": PEOPLE.replace("downtime: now", "downtime: soon")}, "`soon` is not one of"),
    ({"people": PEOPLE.replace("[sam, lee]", "[sam, le]")}, "There is no person `le`. Did you mean `lee`?"),
    ({"people": PEOPLE.replace("desk:", "dana:")}, "`dana` cannot be the name of a group."),
    ({"people": PEOPLE.replace("desk:", "everyone:")}, "`everyone` cannot be the name of a group."),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "deputy: le, name: Sam")}, "There is no person `le`."),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "name: S, time_zone: Chicago")}, "not an IANA time zone"),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "name: S, away: {from: 2026-02-02, until: 2026-01-01}")},
     "`until` lies before `from`."),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "name: S, away: {from: soon, until: 2026-01-01}")},
     "`from` cannot be `soon`: that is no day of the calendar. Write it as in `2026-12-18`"),
    *(({"people": PEOPLE.replace("name: Sam Whitfield", f"name: S, away: {{from: {day}, until: 2027-01-01}}")}, said)
      for day, said in (("12/18/2026", "Did you mean `2026-12-18`?"), ("Dec 18 2026", "Did you mean `2026-12-18`?"),
                        ("18. December 2026", "Did you mean `2026-12-18`?"), ("2026/12/18", "Did you mean `2026-12"),
                        ("2026-02-30", "`2026-02-30`: that is no day of the calendar."))),
    *(({"people": PEOPLE.replace("dana@library.example.edu", given)}, "Did you mean dana@library.example.edu?")
      for given in ("dana@@library.example.edu", "dana@library..example.edu", "'dana@library,example.edu'",
                    "dana@library.example.edu.", "dana@library.example.edu;", "mailto:dana@library.example.edu",
                    "Dana Ortiz <dana@library.example.edu>")),
    # what stands in the place of an id, or of a setting
    ({"routing": rules("rule: r, when: {text: a}, to: [Dana Ortiz]")}, "Did you mean `dana`? The id stands here"),
    ({"routing": rules("rule: r, when: {text: a}, to: [Dana@library.example.edu]")}, "Did you mean `dana`?"),
    ({"routing": rules("rule: r, when: {text: a}, to: [Dana]")}, "There is no person or group `Dana`. Did you mean"),
    ({"routing": rules("rule: r, when: {text: a}, to: [DANA]")}, "Did you mean `dana`?"),
    ({"routing": rules("rule: r, when: {text: a}, to: 'dana, sam'")}, "Several stand in brackets: `[dana, sam]`."),
    ({"routing": rules("rule: r, when: {text: a}, to: dana sam")}, "Several stand in brackets: `[dana, sam]`."),
    ({"routing": rules("rule: r, when: {text: a}, to: [all]")}, "Did you mean `everyone`?"),
    ({"routing": rules("rule: r, when: {text: a}, to: [training]")}, "That is an area; the ids of people or groups"),
    ({"routing": rules("rule: r, when: {area: desk}, to: [dana]")}, "That is no area; people and groups stand behind"),
    ({"routing": rules("rule: r, when: {area: Training}, to: [dana]")}, "Did you mean `training`?"),
    ({"routing": rules("rule: r, when: {from: a}, to: [dana]")}, "no setting `from` here. Did you mean `sender`?"),
    ({"routing": rules("rule: r, when: {senders: a}, to: [dana]")}, "Did you mean `sender`?"),
    ({"routing": rules("rule: r, if: {text: a}, to: [dana]")}, "There is no setting `if` here. Did you mean `when`?"),
    ({"routing": rules("rule: r, when: {has-event: party}, to: [dana]")}, "`party` is not one of 'maintenance'"),
    ({"people": PEOPLE.replace("downtime: now", "downtime:now")}, "A space is missing behind the colon: `downtime: n"),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "deputy: desk, name: S")}, "That is a group; one person's id"),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "“name”: S")}, "Did you mean `name`?"),
    ({"people": PEOPLE.replace("name: Sam Whitfield", "name: S, away: {from: 2026-02-02, to: 2026-03-01}")},
     "There is no setting `to` here. Did you mean `until`?"),
    ({"people": PEOPLE.replace("name: Sam Whitfield, address:", "name: S, email:")}, "Did you mean `address`?"),
    ({"people": PEOPLE.replace("  sam:", "  12:").replace("[sam, lee]", "[lee]")},
     "rules/people.yaml:5:3: `12` is a number; a name belongs here. Put it in quotes."),
    # ids that begin with a capital keep their place
    ({"people": PEOPLE + "  Desk: {a: b}\n"}, "rules/people.yaml:8:3: `Desk`"),
])
def test_each_mistake_is_told_with_place_and_mend(files: dict[str, str], expected: str) -> None:
    assert any(expected in said for said in problems(**files)), problems(**files)


def test_a_capital_id_does_not_lose_the_line() -> None:
    people = "people:\n  robin: {name: R, address: r@example.edu}\n  Dana:\n    name: D\n    address: nope\n"
    assert problems(people=people)[0].startswith("rules/people.yaml:5:5: `nope` is not")


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    told = problems(areas="", people=PEOPLE.replace("lee@library.example.edu", "lee"), routing="rules: x\n")
    assert [said.partition(":")[0] for said in told] == ["rules/areas.yaml", "rules/people.yaml", "rules/routing.yaml"]


def test_syntax_mistakes_of_all_files_are_told_at_once() -> None:
    assert sum("is not closed" in said for said in problems(areas="a: [", people="b: {", routing="c: 'd")) == 3


def test_a_liaison_who_does_not_stand_in_people_is_told() -> None:
    assert "Did you mean `robin`?" in problems(liaison="robyn")[0]
    assert "Add this person" in problems(liaison="zz")[0]


def test_the_version_is_that_of_the_text() -> None:
    one = book()
    assert one.version == book().version
    assert one.version != book(rules("rule: r, when: {text: a}, to: [dana]")).version
    assert parse_rulebook(one.texts, Path("rules"), "robin").version == one.version


def test_what_is_left_out_has_its_usual_value() -> None:
    dana = book().people["dana"]
    assert dana.areas == {"cataloging": Way.DAILY, "downtime": Way.NOW}
    assert (dana.deputy, dana.away, dana.time_zone) == (None, None, None)


def test_a_folder_without_files_names_each(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as caught:
        load_rulebook(tmp_path)
    assert [problem.file.name for problem in caught.value.problems] == ["areas.yaml", "people.yaml", "routing.yaml"]
    assert all(problem.what == "This file is missing." and problem.mend for problem in caught.value.problems)


def test_a_folder_is_loaded(tmp_path: Path) -> None:
    assert load_rulebook(write_rules(tmp_path), "robin").version == book().version


def test_replies_answers_holidays_and_quiet_hours_are_read() -> None:
    found = book(
        "holidays:\n  - {name: Labor Day, on: 2026-09-07}\n"
        + rules("rule: a, when: {text: x}, reply-to: list", "rule: b, when: {text: x}, reply-to: sender",
                "rule: c, when: {text: x}, acknowledge: 2h", "rule: d, when: {text: x}, acknowledge: 30 minutes"),
        people=PEOPLE.replace("name: Lee Abara", 'quiet: {from: "20:00", until: "07:00"}, name: Lee Abara'))
    assert found.reply_to(["b", "a"]) == "list"           # the first of the file
    assert found.reply_to(["c"]) == "liaison"
    assert found.acknowledge(["d"]) == timedelta(minutes=30)
    assert found.acknowledge(["a"]) is None
    assert found.slots["daily"].is_closed(date(2026, 9, 7))
    assert not found.slots["daily"].is_closed(date(2026, 9, 8))
    assert found.people["lee"].quiet is not None
