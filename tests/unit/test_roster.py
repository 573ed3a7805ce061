"""Lists of staff as they come out of spreadsheets and directories: read, merged into people.yaml, never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.rulebook import parse_rulebook
from bot.starter.merge import merge
from bot.starter.roster import Hire, Roster, new_id, plain_id, read_roster
from bot.types import Way
from tests.unit.builders import PEOPLE, SHIPPED_RULES, write_config

AREAS = {"cataloging": "Cataloging and metadata", "training": "Training and events", "downtime": "System status",
         "e-resources": "Electronic resources"}
ROWS = "Name,Email,Areas\nDana Ortiz,dortiz@library.example.edu,cataloging\n"


def read(text: str | bytes) -> Roster:
    return read_roster(text.encode() if isinstance(text, str) else text, AREAS)


def one(text: str | bytes) -> Hire:
    (hire,) = read(text).people
    return hire


# ── reading ──


@pytest.mark.parametrize("raw", [
    ROWS.encode(), b"\xef\xbb\xbf" + ROWS.encode(), ROWS.encode("utf-16"), ROWS.replace(",", ";").encode(),
    ROWS.replace(",", "\t").encode(), ROWS.replace("\n", "\r\n").encode(), b"sep=;\n" + ROWS.replace(",", ";").encode(),
    ("\n\n" + ROWS + "\n,,\n").encode(), ROWS.replace("Name,Email,Areas\n", "").encode(),
    b'"E-Mail Address";"Display Name";"Functional Areas"\n"dortiz@library.example.edu";"Ortiz, Dana";"Cataloging"',
    b"Last name,First name,Mail,Role\nOrtiz,Dana,Dana Ortiz <dortiz@library.example.edu>,Cataloging & metadata\n",
    b"Surname,Given Name,UserPrincipalName,Duties,Phone\nOrtiz,Dana,mailto:dortiz@library.example.edu,"
    b"Cataloging and metadata,217\n",
])
def test_a_list_of_any_make_is_read(raw: bytes) -> None:
    hire = one(raw)
    assert (hire.name, hire.address) == ("Dana Ortiz", "dortiz@library.example.edu")
    assert dict(hire.areas) == {"cataloging": Way.DAILY}
    assert read(raw).slips == ()


def test_letters_of_western_windows_are_read() -> None:
    assert one("Name,Email\nRenée Müller,rm@library.example.edu\n".encode("cp1252")).name == "Renée Müller"


@pytest.mark.parametrize(("cell", "areas"), [
    ("Cataloging and metadata; training", {"cataloging": Way.DAILY, "training": Way.DAILY}),
    ("Training and events: weekly, System status (now)", {"training": Way.WEEKLY, "downtime": Way.NOW}),
    ("cataloging/training", {"cataloging": Way.DAILY, "training": Way.DAILY}),
    ("cataloging and training", {"cataloging": Way.DAILY, "training": Way.DAILY}),
    ("E-Resources", {"e-resources": Way.DAILY}), ("eresources", {"e-resources": Way.DAILY}), ("", {}),
])
def test_areas_by_id_or_label(cell: str, areas: dict[str, Way]) -> None:
    found = read(f'Name;Email;Areas\nDana;d@library.example.edu;"{cell}"\n')
    assert dict(found.people[0].areas) == areas
    assert found.slips == ()


@pytest.mark.parametrize(("row", "line", "said", "is_lost"), [
    ("Lee,lee(at)library.example.edu,", 3, "`lee(at)library.example.edu` is no address.", True),
    ("Lee,lee@@library.example.edu,", 3, "is no address", True), ("Lee,lee@localhost,", 3, "is no address", True),
    ("Lee,,", 3, "Lee has no address.", True), (",,cataloging", 3, "This person has no address.", True),
    ("Dana,DOrtiz@library.example.edu,", 3, "stands in line 2 already", True),
    ("Lee,lee@library.example.edu,catalogs", 3, "`catalogs` is no area. Did you mean `cataloging`?", False),
    ("Lee,lee@library.example.edu,Circulation", 3, "There are cataloging, training", False),
])
def test_what_is_not_clear_is_told_with_its_line(row: str, line: int, said: str, is_lost: bool) -> None:
    found = read(f"{ROWS}{row}\n")
    (slip,) = found.slips
    assert (slip.line, slip.is_lost) == (line, is_lost)
    assert said in str(slip)
    assert len(found.people) == (1 if is_lost else 2)


def test_lines_are_those_of_the_file_even_behind_a_cell_of_two_lines() -> None:
    found = read('Name,Email,Areas\n"Dana\nOrtiz",d@library.example.edu,\n\nLee,none,\n')
    assert [slip.line for slip in found.slips] == [5]


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"a,b\n1,2\n", b"\xff\xfe", b"PK\x03\x04" + bytes(range(256)) * 20])
def test_what_is_no_list_is_told(raw: bytes) -> None:
    found = read(raw)
    assert found.people == () and len(found.slips) >= 1


def test_five_hundred_damaged_lists_raise_nothing() -> None:
    luck = random.Random(5)
    whole = ("Name;E-Mail;Role\n" + "".join(
        f'"Person, {n}";p{n}@library.example.edu;"Cataloging and metadata, training (weekly)"\n'
        for n in range(12))).encode()
    for _ in range(500):
        raw = bytearray(whole)
        for _ in range(luck.randrange(1, 9)):
            at = luck.randrange(len(raw))
            if luck.random() < 0.5:
                raw[at] = luck.randrange(256)
            else:
                del raw[at:at + luck.randrange(9)]
        found = read(bytes(raw))
        assert len(found.people) <= 13
        for hire in found.people:
            assert re.fullmatch(r"[^@\s]+@[^@\s]+", hire.address) and set(hire.areas) <= set(AREAS)


# ── ids ──


@pytest.mark.parametrize(("hire", "taken", "expected"), [
    (Hire(line=1, name="Dana Ortiz", address="d@x.example.edu"), (), "dana"),
    (Hire(line=1, name="Dana Ortiz", address="d@x.example.edu"), ("dana",), "dana-ortiz"),
    (Hire(line=1, name="Dana Ortiz", address="do@x.example.edu"), ("dana", "dana-ortiz"), "do"),
    (Hire(line=1, name="Dana", address="dana@x.example.edu"), ("dana",), "dana-2"),
    (Hire(line=1, name="Renée", address="d@x.example.edu"), (), "renee"),
    (Hire(line=1, name="李", address="li@x.example.edu"), (), "li"),
    (Hire(line=1, name="李", address="li@x.example.edu"), ("li",), "reader-2"),
    (Hire(line=1, name="Dana", address="d@x.example.edu", id="dortiz"), (), "dortiz"),
])
def test_an_id_is_new_and_plain(hire: Hire, taken: tuple[str, ...], expected: str) -> None:
    assert new_id(hire, taken) == expected
    assert plain_id(expected) == expected


# ── merging ──

COMMENTED = """\
# Who reads what.

people:
  robin:            # the liaison
    name: Robin Vale
    address: "robin@library.example.edu"
    # she asked for this herself
    areas: {cataloging: weekly}   # only Mondays

  sam: {name: Sam W., address: sam@library.example.edu}   # new in May

# below: groups
groups:
  desk: [sam]       # one alone
"""


def merged(text: str, csv: str) -> str:
    return merge(text, read(csv).people).text


def test_comments_order_and_quotes_survive() -> None:
    found = merge(COMMENTED, read(
        "Name,Email,Areas\nRobin Vale,robin@library.example.edu,cataloging; training\n"
        "Sam W.,sam.new@library.example.edu,\nZoe Quinn,zoe@library.example.edu,downtime: now\n").people)
    assert found.added == ("zoe",) and set(found.changed) == {"robin", "sam"} and found.absent == ()
    old, new = (list(map(str.strip, text.splitlines())) for text in (COMMENTED, found.text))
    new = [" ".join(line.split()) for line in new]
    old = [" ".join(line.split()) for line in old]      # a comment moves to the right when its line grows
    for line in old:
        if "areas:" not in line and "sam:" not in line:
            assert line in new
    assert "areas: {cataloging: weekly, training: daily} # only Mondays" in new
    assert "sam: {name: Sam W., address: sam.new@library.example.edu} # new in May" in new
    assert new.index("zoe:") < new.index("# below: groups") < new.index("groups:")
    assert [line for line in new if "#" in line] == [
        line.replace("weekly}", "weekly, training: daily}") if "Mondays" in line else
        line.replace("sam@", "sam.new@") for line in old if "#" in line]


def test_nothing_to_do_leaves_every_byte() -> None:
    csv = "Name,Email,Areas\nRobin Vale,ROBIN@library.example.edu,cataloging\n"
    assert merged(COMMENTED, csv) == COMMENTED
    assert merge(COMMENTED, read(csv).people).absent == ("sam",)


def test_a_second_time_changes_nothing() -> None:
    csv = "Name,Email,Areas\nZoe Quinn,zoe@library.example.edu,training\nVic,vic@library.example.edu,\n"
    once = merged(COMMENTED, csv)
    assert merged(once, csv) == once


def test_a_way_that_somebody_chose_is_never_changed() -> None:
    text = COMMENTED.replace("cataloging: weekly", "cataloging: never")
    assert "cataloging: never" in merged(text, "Name,Email,Areas\nRobin,robin@library.example.edu,cataloging: now\n")


def test_line_ends_of_windows_stay() -> None:
    found = merged(COMMENTED.replace("\n", "\r\n"), "Name,Email\nZoe,zoe@library.example.edu\n")
    assert found.count("\r\n") == found.count("\n")


def test_the_shipped_people_with_forty_more_are_good_rules() -> None:
    csv = "Name,Email,Areas\n" + "".join(f"Person {n},p{n}@library.example.edu,training\n" for n in range(40))
    files = {path.name: path.read_text("utf-8") for path in SHIPPED_RULES.glob("*.yaml")}
    found = merge(files["people.yaml"], read(csv).people)
    book = parse_rulebook({**files, "people.yaml": found.text}, Path("rules"), "robin")
    assert len(book.people) == 48
    assert list(book.people)[:8] == list(parse_rulebook(files, Path("rules"), "robin").people)
    assert book.groups == {"catalogers": ("dana", "lee"), "desk": ("sam", "kim"), "directors": ("pat",)}


# ── the command ──


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_config(tmp_path)


def run(library: Path, csv: str, *words: str, answer: str = "") -> Result:
    path = library.parent / "staff.csv"
    path.write_text(csv, "utf-8")
    result = CliRunner().invoke(main, ["people", "import", str(path), "--config", str(library), *words], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def people(library: Path) -> str:
    return (library.parent / "rules" / "people.yaml").read_text("utf-8")


NEW = "Name,Email,Areas\nZoe Quinn,zoe@library.example.edu,training\n"


def test_it_shows_what_it_would_do_and_asks(library: Path) -> None:
    before = people(library)
    said = run(library, NEW, answer="n\n")
    assert said.exit_code == 1
    assert "New: zoe." in said.output and "+  zoe:" in said.output
    assert "left as they are: robin, dana, lee, sam" in said.output
    assert people(library) == before
    said = run(library, NEW, answer="y\n")
    assert said.exit_code == 0
    assert "zoe@library.example.edu" in people(library)
    (copy,) = (library.parent / "rules").glob("before-*")
    assert (copy / "people.yaml").read_text("utf-8") == before


def test_a_dry_run_writes_nothing(library: Path) -> None:
    assert run(library, NEW, "--dry-run").exit_code == 0
    assert people(library) == PEOPLE


def test_with_yes_unclear_lines_keep_all_from_being_written(library: Path) -> None:
    bad = NEW + "Vic,nowhere,\n"
    said = run(library, bad, "--yes")
    assert said.exit_code == 1 and "line 3" in said.output and people(library) == PEOPLE
    assert run(library, bad, "--yes", "--skip-bad").exit_code == 0
    assert "zoe" in people(library)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"Name\nDana\n"])
def test_a_file_that_is_no_list_is_told(library: Path, raw: bytes) -> None:
    (library.parent / "staff.csv").write_bytes(raw)
    words = ["people", "import", str(library.parent / "staff.csv"), "--config", str(library), "--yes"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 1 and "✗" in said.output and people(library) == PEOPLE


def test_a_file_that_is_not_there_is_told(library: Path) -> None:
    said = CliRunner().invoke(main, ["people", "import", "none.csv", "--config", str(library)])
    assert said.exit_code == 2 and "none.csv cannot be read" in said.output


def test_rules_with_mistakes_are_not_written_over(library: Path) -> None:
    (library.parent / "rules" / "people.yaml").write_text(PEOPLE.replace("cataloging: daily", "catalogin: daily"))
    said = run(library, NEW, "--yes")
    assert said.exit_code == 2 and "There is no area `catalogin`" in said.output
