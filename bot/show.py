"""How `status`, `explain` and `check` look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.table import Table

from bot.commands.check import Checked
from bot.commands.doctor import exit_code
from bot.commands.explain import Part
from bot.commands.rules import Entry
from bot.commands.status import Row, Status
from bot.doctor.steps import Finding
from bot.markup import escape


def show_trail(parts: Sequence[Part]) -> None:
    """The chapters of `explain`."""
    console = Console(highlight=False, soft_wrap=True)
    for part in parts:
        console.print(f"[bold]{escape(part.title)}[/]")
        for line in part.lines:
            console.print(f"  {escape(line)}")


def show_checked(checked: Checked, *, as_json: bool) -> None:
    """What `check` found: as lines, mistakes to standard error; or as one JSON object, the same fields always."""
    if as_json:
        click.echo(json.dumps({
            "ok": not checked.mistakes, "mistakes": [one.as_json() for one in checked.mistakes],
            "doubts": [one.as_json() for one in checked.doubts], "well": list(checked.well),
        }, ensure_ascii=False, indent=1))
        return
    for line in checked.well:
        click.echo(f"  ok  {line}")
    for sign, said, is_wrong in (("✗", checked.mistakes, True), ("?", checked.doubts, False)):
        for one in said:
            click.echo(f"  {sign}   {str(one).replace(chr(10), chr(10) + '      ')}", err=is_wrong)
    if checked.doubts:
        number = len(checked.doubts)
        click.echo(f"\n{number} {'doubt' if number == 1 else 'doubts'} (?): legal, taken up, and probably not meant.")


_SIGNS = {"well": "ok", "doubt": "?", "wrong": "✗", "not reached": "-", "not tried": "-"}


def show_findings(findings: Iterable[Finding], *, as_json: bool) -> int:
    """What `doctor` finds, as it finds it, or as one JSON object at the end; the exit code."""
    made: list[Finding] = []
    for one in findings:
        made.append(one)
        if not as_json:
            if one.course not in {before.course for before in made[:-1]}:
                click.echo(one.course)
            mend = f"\n      → {one.mend}" if one.mend else ""
            click.echo((f"  {_SIGNS[one.state]:2}  {one.step}: {one.saw}") + mend)
    if as_json:
        click.echo(json.dumps({"exit": exit_code(made), "findings": [one.as_json() for one in made]},
                              ensure_ascii=False, indent=1))
    return exit_code(made)


def show_versions(entries: Sequence[Entry]) -> None:
    """The table of `rules log`."""
    table = Table(box=None, pad_edge=False)
    for column in ("Version", "Since", "Who", "How", "Changed"):
        table.add_column(column, overflow="fold")
    for one in entries:
        table.add_row(str(one.number), one.at, escape(one.author or "not known"), one.came, escape(one.changed))
    Console(highlight=False).print(table)


def show_diff(lines: Sequence[str]) -> None:
    """A unified diff, in colours on a terminal."""
    if not lines:
        click.echo("Nothing changed.")
    for line in lines:
        heading = line.startswith(("---", "+++"))
        colour = "cyan" if line.startswith("@@") else {"+": "green", "-": "red"}.get(line[:1])
        click.secho(line, fg=None if heading else colour, bold=heading)


def show_status(status: Status | None) -> int:
    """The tables of `status`; the exit code: 0 when all is well, 1 when something is not, 3 when it never ran."""
    console = Console(highlight=False)
    if status is None:
        console.print("The bot has not run here yet. Start it: liaison run")
        return 3
    parts = " + ".join(f"{number} {name}" for name, number in status.counts)
    console.print(f"{status.counts.received} messages = {parts}")
    for title, columns, rows in _tables(status):
        if rows:
            console.print(_table(title, columns, rows))
    console.print("[green]All is well.[/]" if status.is_well else "[red]Something needs a look; see above.[/]")
    return 0 if status.is_well else 1


def _tables(status: Status) -> Sequence[tuple[str, tuple[str, str, str], tuple[Row, ...]]]:
    return (
        ("Mailboxes", ("Mailbox", "Last successful look", "State"), status.polls),
        ("Digests", ("Slot", "Last", "Next"), status.slots),
        ("Waiting to go out, and failed", ("Slot", "To", "State"), status.queue),
        ("Held for the liaison", ("Number", "Subject", "Why"), status.held),
        ("Faults", ("Since", "What", "Mend"), status.faults),
        ("Ends soon", ("Told since", "What", "Mend"), status.endings),
    )


def _table(title: str, columns: tuple[str, str, str], rows: Sequence[Row]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table
