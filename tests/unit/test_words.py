"""The words of our mails: the catalogue has all of them, every language says them, and a library may change them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.assemble import TEMPLATES_FAULT, load_templates
from bot.config import load_config
from bot.digests.calendar import publish
from bot.digests.catalogues import Catalogues, misplaced
from bot.digests.compose import AreaView, compose
from bot.digests.mail import build, via
from bot.digests.phrases import (
    clock,
    clock_span,
    day_long,
    day_short,
    days_left,
    join_words,
    posted,
    sent_words,
    window,
)
from bot.digests.reminders import reminder_mail, with_reminders
from bot.digests.render import Rendered, Templates, render
from bot.digests.urgent import gathered, urgent
from bot.digests.values import ReaderView, Reminder, SlotView, WholeList
from bot.digests.wording import ENGLISH, Words
from bot.errors import ConfigError, RulesError
from bot.happening import Happening
from bot.languages import offered
from bot.rulebook import load_rulebook, parse_rulebook
from bot.store.store import Store
from bot.types import Address, Event, Pending, Route, Way
from scripts.words import FOLDER, extracted, updated, written
from tests.digests.cases import areas, house, load, moment, pending, reader
from tests.unit.builders import CHICAGO, CONFIG, NOW, PEOPLE, ROOT, config, texts, write_config, write_rules

SHIPPED = ROOT / "templates"
LANGUAGES = sorted(FOLDER.glob("*.po"))
SPANISH = Catalogues(SHIPPED).words("es")
HEADER = 'msgid ""\nmsgstr ""\n'


def said(catalog: Catalog) -> list[Message]:
    return [one for one in catalog if one.id]


def forms(one: Message) -> tuple[str, ...]:
    return one.string if isinstance(one.string, tuple) else (one.string or "",)


def catalog_of(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), path.stem)


def own(folder: Path, language: str, text: str) -> Path:
    """A folder of templates with a catalogue."""
    (folder / "words").mkdir(parents=True, exist_ok=True)
    (folder / "words" / f"{language}.po").write_text(text, "utf-8")
    return folder


# ── the catalogue ──


def test_the_catalogue_has_every_word_and_no_other() -> None:
    assert (FOLDER / "words.pot").read_bytes().partition(b"#:")[2] == written(extracted()).partition(b"#:")[2], (
        "run `python scripts/words.py`")


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_language_has_every_word_once_and_none_in_doubt(path: Path) -> None:
    catalog = catalog_of(path)
    assert [(one.context, one.id) for one in said(catalog)] == [(one.context, one.id) for one in said(extracted())]
    assert [one.id for one in said(catalog) if one.fuzzy or not all(forms(one))] == []
    assert not catalog.obsolete
    assert written(updated(path, extracted())).partition(b"#:")[2] == path.read_bytes().partition(b"#:")[2]


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_the_places_of_every_word_are_those_of_the_english(path: Path) -> None:
    assert [(one.id, wrong) for one in said(catalog_of(path)) if (wrong := misplaced(one))] == []


@pytest.mark.parametrize("words", [ENGLISH, SPANISH], ids=lambda words: words.code)
def test_every_word_can_be_said_in_every_language(words: Words) -> None:
    for one in said(extracted()):
        names = set(re.findall(r"%\((\w+)\)s", str(one.id)))
        values = dict.fromkeys(names - {"count"}, "⟦…⟧")
        if isinstance(one.id, tuple):
            told = [words.count(number, *one.id, **values) for number in (0, 1, 2, 7, 1_000)]
        else:
            told = [words.say_as(one.context, one.id, **values) if one.context else words.say(one.id, **values)]
        assert all(line and "%(" not in line and line.count("⟦…⟧") >= len(values) for line in told), one.id


# ── nothing is said that is not in the catalogue ──


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Templates with a language whose every word is in Cyrillic letters: what is Latin in a mail of it was said past
    the catalogue."""
    catalog = Catalog(locale="bg")
    for one in said(extracted()):
        catalog.add(one.id, tuple(map(cyrillic, one.id)) if isinstance(one.id, tuple) else cyrillic(one.id),
                    context=one.context)
    folder = own(tmp_path_factory.mktemp("strange"), "bg", written(catalog).decode())
    return Templates(SHIPPED, folder)


LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = str.maketrans(LATIN, "абцдефгхийклмнопщрстувьхызАБЦДЕФГХИЙКЛМНОПЩРСТУВЬХЫЗ")


def cyrillic(text: str) -> str:
    return "".join(part if part.startswith(("%(", "http")) else part.translate(LETTERS)
                   for part in re.split(r"(%\(\w+\)s|https?://\S+)", text))


def foreign(item: Pending) -> Pending:
    """A post with nothing of ours and nothing Latin in it."""
    message = item.message
    said = replace(message, subject=cyrillic(message.subject), text=cyrillic(message.text),
                   new_text=cyrillic(message.new_text), sender=Address(address="щ@щ.щ", name="Ж Щ"),
                   attachments=tuple(replace(file, name=cyrillic(file.name)) for file in message.attachments))
    request = item.reading.request
    asked = replace(request, value=replace(request.value, what="Щ")) if request else None  # type: ignore[type-var]
    return replace(item, message=said, lists=("щ",), reading=replace(item.reading, request=asked),
                   route=replace(item.route, why="щ"))


def stranger(templates: Templates) -> ReaderView:
    return replace(reader(load("spanish")), words=templates.words("bg"), name="Щ")


def labels() -> list[AreaView]:
    return [replace(one, label="Щ", checklist=("Щ",) if one.checklist else ()) for one in areas(load("full"))]


def latin(rendered: Rendered) -> set[str]:
    """The Latin words of a mail, but for addresses, zones, units and the names of the house."""
    page = re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]*>", " ", rendered.html, flags=re.S)
    text = f"{rendered.subject}\n{rendered.preheader}\n{rendered.text}\n{page}".replace("America/Chicago", "")
    text = re.sub(r"https?://\S+|\S+@\S+|[\w.]+\.(?:example\.(?:com|org|edu))\S*|&\w+;", " ", text)
    house_words = {"Prairie", "College", "Library", "Kim", "Lee", "CARLI", "CST", "kB", "MB", "Alma", "Primo", "VE"}
    return set(re.findall(r"[A-Za-z]{2,}", text)) - house_words


def happening() -> Happening:
    return Happening(uid="1@x", type="deadline", start=date(2026, 12, 10), title="", created_at=NOW, posted_at=NOW)


REMINDER = Reminder(day=date(2026, 12, 9), when="", left="", times="", subject="Щ", kind="", is_moved=True)


def test_a_digest_says_nothing_past_the_catalogue(strange: Templates) -> None:
    case, who = load("spanish"), stranger(strange)
    items = [foreign(pending(row)) for row in case["pending"]]
    many = [replace(items[4], id=100 + number, thread=5) for number in range(9)]
    now = moment(case["now"])
    sent = [replace(items[0], id=200 + number, thread=200 + number, sent_at=now) for number in range(25)]
    slot = SlotView(name="daily", label=who.words.say("Library digest"), starts_at=now)
    digest = compose(who, slot, [*items, *many, *sent], labels(), now,
                     summarise=lambda message: message.new_text, house=house(case))
    assert digest is not None
    digest = with_reminders(replace(digest, more_asked=2, more_dates=1, whole_lists=(
        WholeList(name="щ", had=20, posts=20), WholeList(name="щ", had=20, posts=21, subscribe="https://x.example.org/"))),
        [REMINDER])
    assert latin(render(digest, strange)) == set()


def test_a_digest_of_whole_texts_and_one_too_long_say_nothing_past_the_catalogue(strange: Templates) -> None:
    case, who = load("spanish"), replace(stranger(strange), full_texts=True)
    item = foreign(pending(case["pending"][3]))
    long = replace(item, message=replace(item.message, new_text="щщщщ " * 2_000))
    many = [replace(long, id=number, thread=number) for number in range(40)]
    slot = SlotView(name="daily", label="Щ", starts_at=moment(case["now"]))
    digest = compose(who, slot, many, labels(), moment(case["now"]), summarise=lambda message: "", house=house(case))
    assert digest is not None
    assert latin(render(digest, strange)) == set()


@pytest.mark.parametrize("number", range(4))
def test_a_mail_at_once_says_nothing_past_the_catalogue(strange: Templates, number: int) -> None:
    case, who = load("spanish"), stranger(strange)
    item = foreign(pending(case["pending"][number]))
    rendered = urgent(item, who, labels(), moment(case["now"]), templates=strange, house=house(case))
    assert latin(rendered) == set()


def test_a_gathered_mail_and_a_reminder_say_nothing_past_the_catalogue(strange: Templates) -> None:
    case, who = load("spanish"), stranger(strange)
    items = [foreign(pending(row)) for row in case["pending"][:5]]
    assert latin(gathered(items, who, labels(), moment(case["now"]), templates=strange, house=house(case),
                          summarise=lambda message: message.new_text)) == set()
    assert latin(reminder_mail([REMINDER, REMINDER], who, moment(case["now"]), templates=strange,
                               house=house(case))) == set()
    summary = publish([happening()], house(case), {}, words=who.words).decode().partition("SUMMARY:")[2]
    assert not re.search("[A-Za-z]", summary.partition("\r\n")[0])


# ── Spanish ──

TUESDAY = datetime(2026, 12, 8, 7, 30, tzinfo=CHICAGO)


def test_days_and_hours_in_spanish() -> None:
    today = TUESDAY.date()
    assert day_short(today, today, SPANISH) == "mar 8 dic"
    assert day_short(date(2028, 5, 1), today, SPANISH) == "lun 1 may 2028"
    assert day_long(today, SPANISH) == "martes 8 de diciembre de 2026"
    assert [days_left(today + timedelta(days=ahead), today, SPANISH) for ahead in (0, 1, 2)] == [
        "hoy", "mañana", "en 2 días"]
    assert clock(TUESDAY.replace(hour=21, minute=14), SPANISH) == "9:14 p. m."
    assert clock(TUESDAY.replace(hour=0, minute=0), SPANISH) == "medianoche"
    assert posted(TUESDAY - timedelta(days=1), TUESDAY, CHICAGO, SPANISH) == "ayer, 7:30 a. m."
    sent = sent_words(TUESDAY - timedelta(days=3), TUESDAY, CHICAGO, SPANISH)
    assert sent == "ya se le envió el sáb 5 dic (7:30 a. m.)"


def test_windows_in_spanish() -> None:
    start = datetime(2026, 12, 13, 1, tzinfo=CHICAGO)
    night = Event(type="maintenance", start=start, end=start + timedelta(hours=4))
    assert window(night, CHICAGO, TUESDAY, SPANISH) == "dom 13 dic, 1–5 a. m. CST"
    assert window(night, CHICAGO, TUESDAY, SPANISH, near=True, zoned=False) == "domingo, 1–5 a. m."


@pytest.mark.parametrize(("parts", "line"), [
    (["Préstamo"], "Préstamo"), (["Préstamo", "Catalogación"], "Préstamo y Catalogación"),
    (["Préstamo", "Interbibliotecario"], "Préstamo e Interbibliotecario"), (["Agua", "Hielo"], "Agua y Hielo"),
    (["A", "Hilos"], "A e Hilos"), (["Uso y datos", "B", "C"], "Uso y datos, B, y C"), ([], ""),
])
def test_and_in_spanish(parts: list[str], line: str) -> None:
    assert join_words(parts, SPANISH) == line


def test_a_reader_learns_in_spanish_which_words_told_the_area() -> None:
    case = load("spanish")
    item = pending({**case["pending"][3], "rule": "area:cataloging"})
    tag = replace(item.reading.areas[0], words=("network zone",))
    told = replace(item, reading=replace(item.reading, areas=(tag,)))
    rendered = urgent(told, reader(case), areas(case), moment(case["now"]), templates=Templates(SHIPPED),
                      house=house(case))
    assert "Porque usted sigue Cataloging: habla de «network zone»." in rendered.text


@pytest.mark.parametrize(("rule", "line"), [
    ("follow-up", "Porque se le avisó de inmediato"), ("catch-all", "Porque nadie sigue su área"),
    ("unsure", "Porque el bot no está seguro"), ("mandatory:cataloging", "Porque Cataloging llega a"),
    ("my-rule", "Porque guidelines for the"), ("area:discovery", "Porque guidelines for the"),
    ("area:gone", "Porque guidelines for the"),
])
def test_only_what_is_known_for_certain_is_worded_anew(rule: str, line: str) -> None:
    """`discovery` is none of the reader's areas: they stand in for somebody, and "you read" would be wrong."""
    case = load("spanish")
    item = pending({**case["pending"][3], "rule": rule})
    rendered = urgent(item, reader(case), areas(case), moment(case["now"]), templates=Templates(SHIPPED),
                      house=house(case))
    assert line in rendered.text


def test_html_and_header_name_the_language_and_others_words_keep_theirs() -> None:
    case = load("spanish")
    rendered = urgent(pending(case["pending"][0]), reader(case), areas(case), moment(case["now"]),
                      templates=Templates(SHIPPED), house=house(case))
    assert '<html lang="es">' in rendered.html
    assert re.search(r'<h1 [^>]*lang="en"', rendered.html)
    mail = build(rendered, sender=house(case).sender, recipient=house(case).sender, reply_to=house(case).sender,
                 message_id="<a@b.example.org>", date=NOW, list_id="a.example.org")
    assert b"Content-Language: es\r\n" in mail
    assert via(house(case).sender, ["announce"], words=SPANISH).name == "CARLI announce a través de Library Digest"


def test_an_hour_never_breaks_in_two_in_spanish() -> None:
    case = load("spanish")
    rendered = urgent(pending(case["pending"][0]), reader(case), areas(case), moment(case["now"]),
                      templates=Templates(SHIPPED), house=house(case))
    assert "1–5&nbsp;a.&nbsp;m. CST" in rendered.html


# ── a library's own words ──


def test_a_library_changes_single_words_and_keeps_the_rest(tmp_path: Path) -> None:
    folder = own(tmp_path, "es", 'msgid "Needs an answer"\nmsgstr "Espera su respuesta"\n')
    words = Catalogues(SHIPPED, folder).words("es")
    assert (words.say("Needs an answer"), words.say("Dates")) == ("Espera su respuesta", "Fechas")
    assert words.count(2, "%(count)s post", "%(count)s posts") == "2 mensajes"


def test_a_library_changes_english_words_too(tmp_path: Path) -> None:
    folder = own(tmp_path, "en", 'msgid "Library digest"\nmsgstr "The morning mail"\n')
    catalogues = Catalogues(SHIPPED, folder)
    assert catalogues.words("en").say("Library digest") == "The morning mail"
    assert (catalogues.words("en").code, catalogues.problems) == ("en", [])


def test_a_library_adds_a_language_with_its_own_clock_and_plurals(tmp_path: Path) -> None:
    folder = own(tmp_path, "pl", HEADER + '\nmsgctxt "hours of a clock"\nmsgid "12"\nmsgstr "24"\n\n'
                 'msgid "%(count)s post"\nmsgid_plural "%(count)s posts"\n'
                 'msgstr[0] "%(count)s post"\nmsgstr[1] "%(count)s posty"\nmsgstr[2] "%(count)s postów"\n')
    words = Catalogues(SHIPPED, folder).words("pl")
    assert clock_span(TUESDAY, TUESDAY + timedelta(hours=8), words) == "7:30–15:30"
    assert [words.count(number, "%(count)s post", "%(count)s posts") for number in (1, 3, 5)] == [
        "1 post", "3 posty", "5 postów"]
    assert words.say("Dates") == "Dates"
    assert offered(folder) == ("en", "es", "pl")


def test_a_language_with_a_region_is_found_however_it_is_written(tmp_path: Path) -> None:
    folder = own(tmp_path, "pt_BR", 'msgid "Dates"\nmsgstr "Datas"\n')
    words = Catalogues(SHIPPED, folder)
    assert words.words("pt-BR").say("Dates") == words.words("pt_BR").say("Dates") == "Datas"
    assert words.words("pt_BR").code == "pt-BR"


@pytest.mark.parametrize(("text", "line", "what", "mend"), [
    ('msgid "Times are %(zone)s."\nmsgstr "Horas: %(zona)s."\n', 1, "`%(zona)s` has no meaning", "as shipped"),
    ('msgid "Times are %(zone)s."\nmsgstr "Horas."\n', 1, "`%(zone)s` is missing", "as shipped"),
    ('msgid "Dates"\nmsgstr "100 % Fechas"\n', 1, "A `%` stands alone", "as shipped"),
    ('\nmsgid "Need an answer"\nmsgstr "Responda"\n', 2, "No mail has the words `Need an answer`",
     "Did you mean `Needs an answer`?"),
    ('msgid "Dates"\nmsgstr "Fechas\n', 2, "no line of a catalogue", "all words are as shipped"),
    ('msgid "Dates"\nfechas\n', 2, "no line of a catalogue", "all words are as shipped"),
])
def test_a_broken_word_is_told_and_said_as_shipped(tmp_path: Path, text: str, line: int, what: str, mend: str) -> None:
    catalogues = Catalogues(SHIPPED, own(tmp_path, "es", text))
    assert catalogues.words("es").say("Dates") == "Fechas"
    assert catalogues.words("es").say("Times are %(zone)s.", zone="CST") == "Las horas son de CST."
    [problem] = catalogues.problems
    assert (problem.line, problem.file.name) == (line, "es.po")
    assert what in problem.what and mend in problem.mend


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"\x80", "msgid \"Dates\"\nmsgstr \"F\u00e9\"\n".encode("latin-1")])
def test_a_catalogue_in_another_encoding_stops_nothing(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "es.po").write_bytes(raw)
    catalogues = Catalogues(SHIPPED, tmp_path)
    assert catalogues.words("es").say("Dates") == "Fechas"
    assert len(catalogues.problems) == 1


def test_a_word_in_doubt_or_left_empty_is_said_as_shipped(tmp_path: Path) -> None:
    text = '#, fuzzy\nmsgid "Dates"\nmsgstr "Citas"\n\nmsgid "Reminders"\nmsgstr ""\n'
    words = Catalogues(SHIPPED, own(tmp_path, "es", text)).words("es")
    assert (words.say("Dates"), words.say("Reminders")) == ("Fechas", "Recordatorios")


def test_the_liaison_is_told_of_a_broken_catalogue(tmp_path: Path) -> None:
    own(tmp_path / "templates", "es", 'msgid "Dates"\nmsgstr "%(x)s"\n')
    settings = config(tmp_path, CONFIG + "templates: templates\n")
    store = Store.in_memory()
    load_templates(settings, store, NOW)
    [fault] = [one for one in store.health.faults() if one.key == TEMPLATES_FAULT]
    assert "es.po" in fault.what and "`%(x)s` has no meaning" in fault.what


def test_an_unknown_language_is_english() -> None:
    assert Catalogues(SHIPPED).words("xx") is ENGLISH


# ── choosing ──


@pytest.mark.parametrize("written_as", ["sp", "Spanish", "español", "ES"])
def test_a_mistaken_language_of_a_person_is_told(tmp_path: Path, written_as: str) -> None:
    people = PEOPLE.replace("robin: {", f"robin: {{language: {written_as}, ")
    with pytest.raises(RulesError) as told:
        load_rulebook(write_rules(tmp_path, texts(people=people)), "robin")
    [problem] = told.value.problems
    assert (problem.what, problem.line) == (f"There is no language `{written_as}`.", 2)
    assert problem.mend == "Did you mean `es`? There are: en, es."


def test_a_mistaken_language_of_the_library_is_told(tmp_path: Path) -> None:
    path = write_config(tmp_path, CONFIG.replace("liaison: robin", "liaison: robin, language: klingon"))
    with pytest.raises(ConfigError) as told:
        load_config(path)
    [problem] = told.value.problems
    assert (problem.what, problem.line) == ("There is no language `klingon`.", 1)
    assert problem.mend == "There are: en, es."


def test_a_language_of_the_librarys_own_can_be_chosen(tmp_path: Path) -> None:
    folder = own(tmp_path / "templates", "pt_BR", 'msgid "Dates"\nmsgstr "Datas"\n')
    people = PEOPLE.replace("robin: {", "robin: {language: pt_BR, ")
    book = parse_rulebook(texts(people=people), tmp_path, "robin", folder)
    assert book.people["robin"].language == "pt-BR"


def test_routes_of_deputies_stay_as_written() -> None:
    """What the deputy is told stands in the route; it names a colleague and no area of their own."""
    case = load("spanish")
    item = pending(case["pending"][3])
    why = "you stand in for Lee: you read Discovery"
    route = Route(reader="dana", way=Way.NOW, rule="area:discovery", why=why, area="discovery")
    rendered = urgent(replace(item, route=route), reader(case), areas(case), moment(case["now"]),
                      templates=Templates(SHIPPED), house=house(case))
    assert f"Porque {why}." in rendered.text
