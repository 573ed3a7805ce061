"""Render: a digest made into subject, preheader, plain text and HTML, and the templates that lay them out.

`Templates` reads its folders once, when it is made (of the words see `bot.digests.catalogues`). A library may put its
own file beside any shipped one; an own file that is broken is told in `problems`, and the shipped one stands in. The
HTML's style sheet is written into the elements, since many mail programs drop it; its @media rules (dark mode, narrow
screens) stay.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import css_inline
import jinja2
import jinja2.nodes
from markupsafe import Markup

from bot.digests.cards import Cards, Notes
from bot.digests.catalogues import Catalogues
from bot.digests.phrases import day_short, linked, shorten
from bot.digests.values import Card, Digest, Line, Section
from bot.digests.wording import ENGLISH, Words
from bot.errors import Problem, TemplateError
from bot.page import Picture

#: The HTML stays below this, for mail programs clip what is longer.
LARGEST_HTML = 80_000
WIDTH = 72
#: What is cut is estimated: with so many bytes to spare one more rendering suffices, as a rule.
_SPARE = 1_000
PAGES = ("digest", "urgent", "gathered", "report", "month", "notice", "reminder")
NAMES = (
    "base.html.j2", "macros.html.j2", "macros.txt.j2", "style.css", "replay.html.j2",
    *(f"{page}.{kind}.j2" for page in PAGES for kind in ("html", "txt")),
)
_CLOCK = re.compile(r"(\d)[ \u00a0]([ap]\.)([ \u00a0]?)(m\.)")
_NOTED = re.compile(r" (?=\[\d{1,3}\])")
#: What marks the words of others, which in a mail of another language stay English as a rule (WCAG 2.2, 3.1.2).
_OTHERS = 'dir="auto"'
#: Mail programs know what stands below it, and leave it out of replies (RFC 3676, 4.3).
_FOOT_LINE = "-- "
_EMPTY_LINES = re.compile(r"\n{4,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One mail's words: `preheader` is what a mailbox shows beside the subject; `pictures` are what the HTML shows;
    `language` is the tag of what we say ourselves (RFC 5646)."""

    subject: str
    preheader: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    language: str = "en"


# ── templates ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Templates:
    """The shipped templates, and the library's own in their place, file by file; and the words of each language.

    Raises TemplateError when a shipped file is missing or broken. `problems` holds what is wrong with own files. The
    templates are prepared once for each language that is spoken.
    """

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self._catalogues = Catalogues(shipped, own)
        self.problems: list[Problem] = self._catalogues.problems
        self._sources = {name: _read(shipped / name) for name in NAMES}
        self._shipped = {"en": _checked(self._sources, self.words("en"), shipped)}
        self._usable_sources = self._usable(own) if own is not None else {}
        self._own: dict[str, jinja2.Environment] = {}
        self._own_folder = own
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def forget(self) -> None:
        """What a slot's cards looked like is needed no more."""
        for environment in (*self._own.values(), *self._shipped.values()):
            cards = environment.globals["cards"]
            assert isinstance(cards, Cards)
            cards.forget()

    def words(self, language: str) -> Words:
        """The words of a language; English where nobody knows it."""
        return self._catalogues.words(language)

    def html(self, page: str, values: Mapping[str, object], language: str = "en") -> str:
        """A page as HTML, with its style in the elements."""
        filled = _squeezed(self._render(f"{page}.html.j2", values, language))
        return self._inliner.inline(filled if language == "en" else filled.replace(_OTHERS, f'{_OTHERS} lang="en"'))

    def text(self, page: str, values: Mapping[str, object], language: str = "en") -> str:
        """A page as plain text of 72 columns, its links as numbered notes at the end."""
        raw = self._render(f"{page}.txt.j2", {**values, "notes": Notes()}, language)
        lines = "\n".join(line if line == _FOOT_LINE else line.rstrip() for line in raw.splitlines())
        return _EMPTY_LINES.sub("\n\n\n", lines).strip("\n") + "\n"

    def _render(self, name: str, values: Mapping[str, object], language: str) -> str:
        if self._usable_sources:
            if language not in self._own:
                self._own[language] = _environment({**self._sources, **self._usable_sources}, self.words(language))
            try:
                return self._own[language].get_template(name).render(values)
            except _FAILURES as failure:
                self._report(name, failure)
        if language not in self._shipped:
            self._shipped[language] = _environment(self._sources, self.words(language))
        return self._shipped[language].get_template(name).render({**values, **_renewed(values)})

    def _usable(self, own: Path) -> dict[str, str]:
        """The own files that can at least be read and parsed."""
        if not own.is_dir():
            self.problems.append(_problem(own, None, "There is no such folder.", "The shipped templates are used."))
            return {}
        found: dict[str, str] = {}
        for path in sorted(path for path in own.iterdir() if path.suffix in (".j2", ".css")):
            source = self._parsed(path)
            if source is not None:
                found[path.name] = source
        return found

    def _parsed(self, path: Path) -> str | None:
        near = difflib.get_close_matches(path.name, NAMES, 1)
        if near and path.name not in NAMES:
            self.problems.append(_problem(path, None, "No template has this name.", f"Did you mean `{near[0]}`?"))
        try:
            source = path.read_text(encoding="utf-8-sig")
            _environment({}, ENGLISH).parse(source, path.name)
        except (OSError, UnicodeDecodeError, jinja2.TemplateSyntaxError) as broken:
            self.problems.append(_problem(path, getattr(broken, "lineno", None), _sentence(broken), _INSTEAD))
            return None
        return source

    def _report(self, name: str, failure: Exception) -> None:
        file, line = _place(failure, self._usable_sources, name)
        problem = _problem((self._own_folder or Path()) / file, line, _sentence(failure), _INSTEAD)
        if problem not in self.problems:
            self.problems.append(problem)


#: What a template that was edited by hand can raise while it is filled in.
_FAILURES = (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
_INSTEAD = "Until it is mended, the shipped template is used."


def _renewed(values: Mapping[str, object]) -> dict[str, object]:
    """Fresh notes: an own template that failed half-way may have numbered some links."""
    return {"notes": Notes()} if "notes" in values else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        problem = _problem(path, None, "This shipped template cannot be read.", "Install the bot again.")
        raise TemplateError(str(problem), problems=(problem,)) from unreadable


def _checked(sources: Mapping[str, str], words: Words, folder: Path) -> jinja2.Environment:
    environment = _environment(sources, words)
    for name in sources:
        try:
            environment.get_template(name)
        except jinja2.TemplateError as broken:
            line = getattr(broken, "lineno", None)
            problem = _problem(folder / name, line, _sentence(broken), "Install the bot again.")
            raise TemplateError(str(problem), problems=(problem,)) from broken
    return environment


def _environment(sources: Mapping[str, str], words: Words) -> jinja2.Environment:
    """The templates in one language; `lang` is its tag."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _named(sources, name)), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"), auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_sayings(words))
    environment.filters.update(fill=fill, rule=rule, linked=linked)
    environment.globals.update(beside=beside, lang=words.code, cards=Cards())
    return environment


def _sayings(words: Words) -> dict[str, Callable[..., str]]:
    """What jinja2's i18n extension calls. Its own ones do the same in twice as many calls."""
    catalogue = words.catalogue

    @jinja2.pass_eval_context
    def say(page: jinja2.nodes.EvalContext, text: str, **values: object) -> str:
        return _filled(page, catalogue.gettext(text), values)

    @jinja2.pass_eval_context
    def count(page: jinja2.nodes.EvalContext, one: str, many: str, number: int, **values: object) -> str:
        return _filled(page, catalogue.ngettext(one, many, number), {"num": number, **values})

    @jinja2.pass_eval_context
    def say_as(page: jinja2.nodes.EvalContext, context: str, text: str, **values: object) -> str:
        return _filled(page, catalogue.pgettext(context, text), values)

    return {"_": say, "gettext": say, "ngettext": count, "pgettext": say_as}


def _filled(page: jinja2.nodes.EvalContext, said: str, values: Mapping[str, object]) -> str:
    """On an HTML page what is filled in is escaped."""
    return (Markup(said) if page.autoescape else said) % values


def _named(sources: Mapping[str, str], name: str) -> tuple[str, str, None] | None:
    """A template under its own name, so that a traceback names it."""
    return (sources[name], name, None) if name in sources else None


def _place(failure: Exception, own: Collection[str], name: str) -> tuple[str, int | None]:
    """The template and the line where it failed: the deepest frame that belongs to an own template."""
    found: tuple[str, int | None] = (name, getattr(failure, "lineno", None))
    frame = failure.__traceback__
    while frame is not None:
        file = frame.tb_frame.f_code.co_filename
        if file in own:
            found = file, frame.tb_lineno
        frame = frame.tb_next
    return found


def _problem(file: Path, line: int | None, what: str, mend: str) -> Problem:
    return Problem(file=file, line=line, column=None, what=what, mend=mend)


def _sentence(failure: Exception) -> str:
    return f"{str(failure).rstrip('.') or type(failure).__name__}."


def _squeezed(html: str) -> str:
    """Without the indentation and empty lines of the templates; "5 a.m." never breaks in two."""
    return _CLOCK.sub(_held_together, "\n".join(line for line in map(str.strip, html.splitlines()) if line))


def _held_together(time: re.Match[str]) -> str:
    """"5 p.m.", and in Spanish "5 p. m."."""
    return f"{time[1]}\u00a0{time[2]}{time[3] and chr(0xA0)}{time[4]}"


# ── plain text ────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """Words in lines of at most 72 columns; a word that is longer has a line of its own. `first` opens line one."""
    lead, line, lines = " " * (indent + (2 if text.startswith(("- ", "* ", "• ")) else 0)), (first or " " * indent), []
    empty = True
    for word in _words(text):
        if not empty and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, empty = lead, True
        line = line + word if empty else f"{line} {word}"
        empty = False
    return "\n".join((*lines, line))


def _words(text: str) -> list[str]:
    """What may stand apart: "5 a.m." never breaks in two, and a footnote's number stays with its word."""
    held = _NOTED.sub("\u00a0", _CLOCK.sub(_held_together, " ".join(text.split())))
    return [word.replace("\u00a0", " ") for word in held.split(" ")]


def rule(title: str) -> str:
    """A heading: capitals, and a line below them."""
    return f"{title.upper()}\n{'-' * min(len(title), WIDTH)}"


def beside(left: Sequence[str], right: Sequence[str], width: int = 15) -> str:
    """Two columns: short lines at the left, paragraphs at the right, wrapped."""
    words = [line[width:] for part in right if part for line in fill(part, width).splitlines()]
    heads = [part for part in left if part]
    rows = max(len(words), len(heads))
    pairs = zip(heads + [""] * (rows - len(heads)), words + [""] * (rows - len(words)), strict=True)
    return "\n".join(f"{head:<{width - 1}} {line}".rstrip() for head, line in pairs)


# ── a digest ──────────────────────────────────────────────────────────────────────────────────────────────────────


def render(digest: Digest, templates: Templates) -> Rendered:
    """One digest as a mail's words. When the HTML is too long, the last cards become lines, never a second mail."""
    subject = subject_line(digest)
    html, fitting = _html(digest, subject, templates), digest
    while (excess := len(html.encode()) - LARGEST_HTML) > 0:
        shorter = folded(fitting, excess + excess // 2 + _SPARE)
        if shorter == fitting:
            break
        fitting = shorter
        html = _html(fitting, subject, templates)
    language = digest.reader.words.code
    text = templates.text("digest", {"digest": fitting, "subject": subject}, language)
    return Rendered(subject=subject, preheader=digest.contents, text=text, html=html, language=language)


def _html(digest: Digest, subject: str, templates: Templates) -> str:
    return templates.html("digest", {"digest": digest, "subject": subject, "preheader": digest.contents},
                          digest.reader.words.code)


def subject_line(digest: Digest) -> str:
    """"Library digest, Tue 9 Dec: Alma off Sunday 1-5 a.m.; 2 requests; 9 posts"."""
    inside = "; ".join(digest.headlines)
    day = day_short(digest.day, digest.day, digest.reader.words)
    return shorten(f"{digest.slot.label}, {day}" + (f": {inside}" if inside else ""), 150)


def folded(digest: Digest, excess: int) -> Digest:
    """The same digest about `excess` bytes shorter: its last cards as lines; if no card is left, fewer lines."""
    sections = [*([digest.status] if digest.status else []), *digest.sections]
    if not any(section.cards for section in sections):
        return _with(digest, [_fewer_lines(section) for section in sections])
    shorter: list[Section] = []
    for section in reversed(sections):
        slim, saved = _fewer_cards(section, excess)
        excess -= saved
        shorter.insert(0, slim)
    return _with(digest, shorter)


def _with(digest: Digest, sections: Sequence[Section]) -> Digest:
    status = sections[0] if digest.status else None
    return replace(digest, status=status, sections=tuple(sections[1 if digest.status else 0:]))


def _fewer_cards(section: Section, excess: int) -> tuple[Section, int]:
    """Cards from the end become lines until they save `excess`; how much that is, estimated."""
    cards, lines, saved = list(section.cards), list(section.more), 0
    while cards and saved < excess:
        card = cards.pop()
        lines.insert(0, Line(subject=card.subject, note=card.who))
        saved += _weight(card)
    return replace(section, cards=tuple(cards), more=tuple(lines)), saved


def _fewer_lines(section: Section) -> Section:
    keep = len(section.more) // 2
    return replace(section, more=section.more[:keep], unlisted=section.unlisted + len(section.more) - keep)


def _weight(card: Card) -> int:
    """About how many bytes of HTML a card takes beyond the line that replaces it."""
    posts = (card.opening, *card.replies)
    return 400 + sum(300 + len(post.summary.encode()) + sum(2 * len(link.url) for link in post.links)
                     + sum(120 + len(item.summary.encode()) for item in post.items)
                     + sum(len(words.encode()) + 2 * len(url) for lines in post.paragraphs for line in lines
                           for words, url in line) for post in posts)
