"""How `replay`, `who`, `what` and `suggest` look on a terminal, and a replay as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.commands.replay import Line, Reader, Trial
from bot.commands.suggest import Suggestion
from bot.digests.render import Templates
from bot.markup import escape
from bot.shipped import shipped

#: So many subjects stand below each reader's counts.
_SHOWN = 5
#: So many lines a page shows in one part.
_ON_PAGE = 50


def show_replay(trial: Trial, *, as_json: bool = False, html: Path | None = None) -> int:
    """The tables; the exit code: 1 when somebody would lose word of a downtime and that is not accepted."""
    console = Console(highlight=False)
    if html is not None:
        html.write_text(page(trial), "utf-8")
    if as_json:
        console.print_json(json.dumps(trial.as_json()))
    else:
        say_replay(trial, console)
        if html is not None:
            console.print(f"The page lies in {escape(str(html))}.", soft_wrap=True)
    return 0 if trial.is_well else 1


def say_replay(trial: Trial, console: Console) -> None:
    """What would be otherwise: lost downtimes, readers, urgency, what nobody gets."""
    if trial.same:
        console.print(same(trial), soft_wrap=True)
        return
    for title, sentence in warnings(trial):
        console.print(f"[bold red]{escape(title)}[/]" if title else f"  {escape(sentence)}", soft_wrap=True)
    console.print(escape(summary(trial)), soft_wrap=True)
    if trial.readers:
        console.print(_counts(trial.readers))
        for reader in trial.readers:
            _subjects(reader, console)
    for title, lines in parts(trial):
        console.print(_lines(title, lines))


def same(trial: Trial) -> str:
    """There is nothing to compare."""
    return f"{trial.rules[0].upper()}{trial.rules[1:]} are the very rules in force, so there is nothing to compare."


def warnings(trial: Trial) -> Iterator[tuple[str, str]]:
    """The lost downtimes in words: a heading, then sentences, each as one of the pair."""
    if trial.downtimes:
        count = len(trial.downtimes)
        yield f"Somebody would lose {'a downtime notice' if count == 1 else f'{count} downtime notices'}:", ""
        yield from (("", sentence) for sentence in trial.downtimes[:_ON_PAGE])
        if count > _ON_PAGE:
            yield "", f"… and {count - _ON_PAGE} more."
        yield "", ("You accepted that." if trial.accepted else
                   "If that is meant, say so: liaison replay --accept. If not, mend the rules before they count.")


def summary(trial: Trial) -> str:
    """One sentence on the whole."""
    many = "message" if trial.looked_at == 1 else "messages"
    seen = f"{trial.looked_at:,} {many} of the last {trial.days} days by {trial.rules}"
    if not (trial.readers or trial.nobody):
        return f"{seen}: nothing would go otherwise.{_kept(trial)}"
    moved = {line.id for reader in trial.readers for kind in _KINDS for line in getattr(reader, kind)}
    return f"{seen}: {len(moved):,} would go otherwise, for {_people(len(trial.readers))}.{_kept(trial)}"


def _kept(trial: Trial) -> str:
    """Why an edit that sends things at once may change nothing on mail of an old mailbox."""
    count = trial.kept_from_haste
    if not count:
        return ""
    some, they = ("One message", "it") if count == 1 else (f"{count:,} messages", "they")
    return (f" {some} would go at once by the edit, had {they} been new when {they} came, and of a sender that could be"
            " verified: for new mail of that kind the edit will count.")


def _people(count: int) -> str:
    return "1 reader" if count == 1 else f"{count} readers"


_KINDS = {"gained": "gain", "lost": "lose", "sooner": "get sooner", "later": "get later"}


def parts(trial: Trial) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The parts about messages, each with its heading; only those with something to say."""
    named = (("Would turn urgent", trial.turn_urgent), ("Would stop being urgent", trial.stop_urgent),
             ("Would reach nobody but you", trial.nobody))
    yield from ((f"{title}: {len(lines)}", lines) for title, lines in named if lines)


def _counts(readers: Sequence[Reader]) -> Table:
    table = Table(title="Who would gain and lose", title_justify="left", title_style="bold")
    table.add_column("Reader", overflow="fold")
    for word in _KINDS.values():
        table.add_column(f"Would {word}", justify="right")
    for reader in readers:
        table.add_row(escape(reader.name), *(str(len(getattr(reader, kind)) or "") for kind in _KINDS))
    return table


def _subjects(reader: Reader, console: Console) -> None:
    for kind, word in _KINDS.items():
        lines = getattr(reader, kind)
        if lines:
            console.print(f"[bold]{escape(reader.name)}[/] would {word} {len(lines)}:", soft_wrap=True)
            for line in lines[:_SHOWN]:
                console.print(f"  {line.id}  {line.day}  {escape(line.subject)}  [dim]{line.how}[/]", soft_wrap=True)
            if len(lines) > _SHOWN:
                console.print(f"  … and {len(lines) - _SHOWN} more")


def _lines(title: str, lines: Sequence[Line]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left",
                  caption=f"and {len(lines) - 2 * _SHOWN} more" if len(lines) > 2 * _SHOWN else None)
    for column in ("Number", "Day", "Subject", "How"):
        table.add_column(column, overflow="fold")
    for line in lines[:2 * _SHOWN]:
        table.add_row(str(line.id), line.day, escape(line.subject), escape(line.how))
    return table


# ── the page ──


def page(trial: Trial) -> str:
    """The same as one HTML page without anything remote."""
    rows = [{"name": one.name, "kinds": [_on_page(word, getattr(one, kind)) for kind, word in _KINDS.items()
                                         if getattr(one, kind)]} for one in trial.readers]
    return Templates(shipped("templates")).html("replay", {
        "subject": "Your edit, tried on past mail", "preheader": "", "readers": rows,
        "summary": same(trial) if trial.same else summary(trial), "warnings": list(warnings(trial)),
        "parts": [(title, lines[:_ON_PAGE], max(0, len(lines) - _ON_PAGE)) for title, lines in parts(trial)],
    })


def _on_page(word: str, lines: Sequence[Line]) -> dict[str, object]:
    return {"word": word, "lines": lines[:_ON_PAGE], "rest": max(0, len(lines) - _ON_PAGE)}


# ── a suggestion ──


def show_suggestion(found: Suggestion) -> int:
    """The lines with their replay; the exit code: 1 when there is nothing to suggest."""
    console = Console(highlight=False)
    if found.instead:
        console.print(f"“{escape(found.subject)}”: {escape(found.instead)}", soft_wrap=True)
        return 1
    console.print(f"So that {escape(found.reader)} gets mails like “{escape(found.subject)}”, write this "
                  f"{escape(found.where)}:\n", soft_wrap=True)
    for line in found.lines:
        console.print(escape(line), soft_wrap=True)
    console.print(f"\n{escape(found.matched)}", soft_wrap=True)
    if found.trial is not None:
        say_replay(found.trial, console)
    if found.other_way:
        console.print(escape(found.other_way), soft_wrap=True)
    console.print("Nothing was written.")
    return 0
