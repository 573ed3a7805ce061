"""The command `liaison`: names, options and help. Each command's work is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bot import __version__
from bot.cli_setup import init, login, people
from bot.cli_store import backup, restore


class _Commands(click.Group):
    """Commands in the order in which a person meets them; mistakes told in one sentence, never as a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of definition."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it raises on purpose is told with its mend."""
        from bot.errors import DamagedError, LiaisonError

        try:
            return super().invoke(ctx)
        except LiaisonError as wrong:
            click.echo(str(wrong), err=True)
            sys.exit(4 if isinstance(wrong, DamagedError) else 2)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # click ends quietly where `| head` has read enough
        except Exception as wrong:  # noqa: BLE001  a traceback would say words of the mail that caused it
            from bot.journal import kinds_and_places

            click.echo(f"Something went wrong that nobody foresaw. Send these lines to whoever looks after the bot:\n"
                       f"{kinds_and_places(wrong)}", err=True)
            sys.exit(70)


def _config(command: Any) -> Any:
    return click.option(
        "--config", "named", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="The config to use (else $LIAISON_CONFIG, ./config.yaml, or the embedded sample library).",
    )(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="liaison")
def main() -> None:
    """Reads a consortium's e-mail lists and sends each colleague one digest of what concerns them.

    Without a config it works on an embedded sample library, below ./var.
    """


@main.command(epilog="Example: liaison run --config /etc/liaison/config.yaml")
@_config
@click.option("--quiet", is_flag=True, help="Show no tables, for a service; the log still says what happens.")
def run(named: Path | None, quiet: bool) -> None:
    """Run the bot: watch the mailboxes, send what cannot wait at once and digests at their hour. Ctrl-C ends it."""
    from bot.commands.run import run as work

    work(named, quiet=quiet)


@main.command(epilog="Example, in a crontab: */10 * * * * liaison once --quiet --config /etc/liaison/config.yaml")
@_config
@click.option("--quiet", is_flag=True, help="Say nothing when all goes well.")
def once(named: Path | None, quiet: bool) -> None:
    """One pass: take in what is new, write the digests that are due, send. Ends with 1 when something failed."""
    from bot.commands.run import once as work

    sys.exit(0 if work(named, quiet=quiet) else 1)


@main.command(epilog="Example: liaison status")
@_config
def status(named: Path | None) -> None:
    """Is it well? The last successful look into each mailbox, digests, what waits, what is held, faults."""
    from bot.commands.status import status as work
    from bot.show import show_status

    sys.exit(show_status(work(named)))


@main.command(epilog="Examples: liaison doctor   ·   liaison doctor --mail   ·   liaison doctor --json. Ends with 0 "
                     "when all is well, 1 when something is wrong, 2 when there are doubts alone.")
@_config
@click.option("--mail", is_flag=True, help="Send a test mail to the liaison, too, and wait for it where it comes back.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: one JSON object.")
def doctor(named: Path | None, mail: bool, as_json: bool) -> None:
    """Go every step to the mail servers and back, and say of each what it saw and what to do. Changes nothing."""
    from bot.commands.doctor import doctor as work
    from bot.show import show_findings

    sys.exit(show_findings(work(named, mail=mail), as_json=as_json))


_WITH = click.option("--with", "folder", type=click.Path(path_type=Path), metavar="DIR",
                     help="A folder with edited areas.yaml, people.yaml and routing.yaml.")
_HTML = click.option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                     help="Write it as a page to this file, too.")
_DAYS = click.option("--days", default=90, show_default=True, metavar="N", help="How far to look back.")


@main.command(epilog="Examples: liaison explain 42   ·   liaison explain saved-message.eml   ·   "
                     "liaison explain 42 --with edited/")
@_config
@click.argument("what", metavar="FILE|NUMBER")
@_WITH
def explain(named: Path | None, what: str, folder: Path | None) -> None:
    """Why did this message go where it went? Every tag, rule and reader, by the same code that runs live."""
    from bot.commands.explain import explain as work
    from bot.show import show_trail

    show_trail(work(named, what, folder))


@main.command(epilog="Examples: liaison replay   ·   liaison replay --with edited/ --days 30 --html replay.html. "
                     "Ends with 1 when somebody would lose word of a downtime (unless --accept), with 2 when it cannot "
                     "be tried.")
@_config
@_DAYS
@_WITH
@click.option("--accept", is_flag=True, help="It is meant that somebody loses a downtime notice: end with 0.")
@_HTML
@click.option("--json", "as_json", is_flag=True, help="The same facts as JSON, for scripts.")
def replay(
    named: Path | None, days: int, folder: Path | None, accept: bool, html: Path | None, as_json: bool
) -> None:
    """Try an edit of the rules on past mail: who would gain and lose what. Nothing is sent or stored."""
    from bot.commands.replay import try_edit
    from bot.show_trial import show_replay

    trial = try_edit(named, days=days, folder=folder, accept=accept)
    sys.exit(show_replay(trial, as_json=as_json, html=html))


@main.command(epilog="Example: liaison who cataloging. Ends with 2 when there is no such area.")
@_config
@click.argument("area")
def who(named: Path | None, area: str) -> None:
    """Who gets what AREA is about, in which way and why; its lists and words."""
    from bot.commands.who import who as work
    from bot.show import show_trail

    show_trail(work(named, area))


@main.command(epilog="Example: liaison what dana. Ends with 2 when there is no such reader.")
@_config
@click.argument("reader")
def what(named: Path | None, reader: str) -> None:
    """What READER gets: areas and ways, rules, groups, quiet hours, leave, and the last 30 days."""
    from bot.commands.what import what as work
    from bot.show import show_trail

    show_trail(work(named, reader))


@main.command(epilog="Example: liaison suggest 42 --to kim --way weekly. Ends with 1 when there is nothing to suggest.")
@_config
@click.argument("number", type=int, metavar="NUMBER")
@click.option("--to", "reader", required=True, metavar="READER", help="Who should get mails like this one.")
@click.option("--way", type=click.Choice(["now", "daily", "weekly"]),
              help="In which way; if left out, in their own for its area, or daily.")
@_DAYS
def suggest(named: Path | None, number: int, reader: str, way: str | None, days: int) -> None:
    """The lines of routing.yaml that would send mails like NUMBER to a reader, tried on past mail. Writes nothing."""
    from bot.commands.suggest import suggest as work
    from bot.show_trial import show_suggestion

    sys.exit(show_suggestion(work(named, number, reader, way=way, days=days)))


@main.command(epilog="Examples: liaison preview dana   ·   liaison preview dana --watch   ·   "
                     "liaison preview dana --html dana.html --no-open")
@_config
@click.argument("reader")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the HTML to this file, and the text (.txt) and the dates (.ics) beside it.")
@click.option("--open/--no-open", "is_open", default=True, help="Show the HTML in the browser, if there is one.")
@click.option("--watch", "is_watched", is_flag=True,
              help="Show every edit of templates, words and rules at once, until Ctrl-C.")
@click.option("--slot", type=click.Choice(["daily", "weekly"]), help="Only what waits for this digest; else all of it.")
def preview(
    named: Path | None, reader: str, html: Path | None, is_open: bool, is_watched: bool, slot: str | None
) -> None:
    """The digest that READER would get now, as text, and as HTML in the browser; nothing is sent or marked."""
    from bot.commands.pages import show, show_and_watch
    from bot.types import Way

    work = show_and_watch if is_watched else show
    work(named, reader, html, click.echo, is_open=is_open, slot=Way(slot) if slot else None)


@main.command(epilog="Examples: liaison report   ·   liaison report --week   ·   liaison report --month 2026-11")
@_config
@click.option("--day", metavar="DAY", help="The report of one calendar day, as in 2026-11-23.")
@click.option("--week", is_flag=True, help="The last seven days, with what nobody got.")
@click.option("--month", metavar="MONTH", help="The director's page of one month, as in 2026-11.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the HTML to this file, too.")
def report(named: Path | None, day: str | None, week: bool, month: str | None, html: Path | None) -> None:
    """What the next daily report would say so far, or a past day, a week, a month; nothing is sent."""
    from bot.commands.report import report as work
    from bot.commands.report import standing_alone

    rendered = work(named, day=day, week=week, month=month)
    click.echo(f"Subject: {rendered.subject}\n\n{rendered.text}")
    if html is not None:
        html.write_text(standing_alone(rendered), "utf-8")
        click.echo(f"The HTML lies in {html}.")


@main.command(epilog="Example: liaison read --json inbox/ > readings.jsonl")
@click.option("--config", "named", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The config to use (else the shipped rules and the zone of config.example.yaml).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line (the only form there is).")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
def read(named: Path | None, as_json: bool, paths: tuple[Path, ...]) -> None:
    """What the bot makes of messages: files, or folders with .eml files. Stores and sends nothing."""
    from datetime import UTC, datetime

    from bot.commands.read import read_config, read_lines

    for line in read_lines(paths, read_config(named), datetime.now(UTC)):
        click.echo(line)


@main.command(epilog="Example: liaison check && systemctl restart liaison")
@_config
@click.option("--strict", is_flag=True, help="End with 2 where there are doubts, if there are no mistakes.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: one JSON object.")
def check(named: Path | None, strict: bool, as_json: bool) -> None:
    """Load config, rules, templates and classifier; say all that is wrong or doubtful, with file, line and mend.

    Ends with 0 when nothing is wrong, 1 when something is, 2 with --strict when there are doubts alone.
    """
    from bot.commands.check import check as work
    from bot.show import show_checked

    checked = work(named)
    show_checked(checked, as_json=as_json)
    sys.exit(checked.exit_code(strict=strict))


@main.group(epilog="Examples: liaison rules log   ·   liaison rules diff 3   ·   liaison rules back 3")
@_config
@click.pass_context
def rules(ctx: click.Context, named: Path | None) -> None:
    """The versions of the rules that were in force, what changed, and the way back to one."""
    ctx.obj = named


@rules.command(name="log", epilog="Example: liaison rules log")
@_config
@click.pass_obj
def rules_log(above: Path | None, named: Path | None) -> None:
    """Every version that was in force, the newest first: when, who if that is known, how it came, what changed."""
    from bot.commands.rules import log as work
    from bot.show import show_versions

    show_versions(work(named or above))


@rules.command(name="diff", epilog="Examples: liaison rules diff   ·   liaison rules diff 3 5")
@_config
@click.argument("first", required=False, type=int, metavar="[A]")
@click.argument("second", required=False, type=int, metavar="[B]")
@click.pass_obj
def rules_diff(above: Path | None, named: Path | None, first: int | None, second: int | None) -> None:
    """What changed from version A (else the one in force) to B (else the files as they stand now)."""
    from bot.commands.rules import diff as work
    from bot.show import show_diff

    show_diff(work(named or above, first, second))


@rules.command(name="back", epilog="Example: liaison rules back 3")
@_config
@click.argument("number", type=int, metavar="N")
@click.pass_obj
def rules_back(above: Path | None, named: Path | None, number: int) -> None:
    """Write the files as they were in version N, comments and all; the present ones are copied first."""
    from bot.commands.rules import back as work

    for line in work(named or above, number):
        click.echo(line)


@main.command(epilog="Examples: liaison schema routing   ·   liaison schema --write rules/schema")
@_config
@click.option("--write", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Write all of them into this folder.")
@click.argument("name", required=False, metavar="[NAME]")
def schema(named: Path | None, folder: Path | None, name: str | None) -> None:
    """The JSON Schema of areas, people, routing or config; without a name all are written beside the rules."""
    from bot.commands.schema import text_of, write_all

    if name is not None and folder is None:
        click.echo(text_of(name), nl=False)
        return
    for path in write_all(named, folder):
        click.echo(f"Written: {path}")


@main.command(epilog="Example: liaison evaluate labelled/ --config config.yaml")
@click.option("--config", "named", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The config to use (else the shipped rules and the zone of config.example.yaml).")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def evaluate(named: Path | None, folder: Path) -> None:
    """How well the bot reads labelled messages: DIR holds .eml files and labels.jsonl. Stores and sends nothing."""
    from datetime import UTC, datetime

    from bot.commands.evaluate import evaluate as work

    for line in work(named, folder, datetime.now(UTC)):
        click.echo(line)


@main.command(epilog="Example: liaison train --messages models/training --out models")
@_config
@click.option("--messages", default=None, type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="The labelled messages (.jsonl); the shipped ones if left out.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Where the model is written.")
def train(named: Path | None, messages: Path | None, out: Path) -> None:
    """Train the classifier on labelled messages; the same messages give the same model, byte for byte."""
    import json

    from bot.commands.train import train as work
    from bot.shipped import shipped

    card = work(named, messages or shipped("models") / "training", out)
    click.echo(json.dumps(card, indent=1, sort_keys=True))


main.add_command(backup)
main.add_command(restore)
main.add_command(init)
main.add_command(people)
main.add_command(login)


if __name__ == "__main__":
    main()
