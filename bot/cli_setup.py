"""The commands that set a library up: `liaison init` and `liaison people import`. Each asks before it writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.starter.files import Answers

_CSV = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Examples: liaison init   ·   liaison init /srv/liaison --roster staff.csv   ·   liaison init "
                      "lib --library 'Prairie Lakes' --name 'Robin Vale' --address rvale@library.example.edu "
                      "--account lists@library.example.edu --yes. No --config is needed: it writes one.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
@click.option("--library", metavar="NAME", help="The library's name, as readers know it.")
@click.option("--name", metavar="NAME", help="The liaison's name.")
@click.option("--address", metavar="ADDRESS", help="The liaison's address.")
@click.option("--id", "liaison", metavar="ID", help="The liaison's id in the rules; else the first name.")
@click.option("--time-zone", default="America/Chicago", show_default=True, metavar="ZONE")
@click.option("--provider", type=click.Choice(["plain", "gmail", "microsoft365"]), help="Where the mailbox is.")
@click.option("--account", metavar="ADDRESS", help="The mailbox that is subscribed to the lists.")
@click.option("--bot", metavar="ADDRESS", help="The address that digests come from; else the mailbox's.")
@click.option("--imap", default="", metavar="HOST", help="The IMAP server, if it is not the usual one.")
@click.option("--smtp", default="", metavar="HOST", help="The SMTP server, if it is not the usual one.")
@click.option("--server", default="", metavar="NAME", help="Your mail server's name in Authentication-Results.")
@click.option("--roster", type=_CSV, metavar="FILE", help="A list of staff in CSV: name, email, areas.")
@click.option("--send", is_flag=True, help="Send from the start; else mails are written into a folder first.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what is given and the usual for the rest.")
def init(folder: Path, roster: Path | None, yes: bool, **given: str | bool | None) -> None:
    """Write config.yaml and rules/ for your library into DIR (else here), by a few questions. Overwrites nothing."""
    from bot.commands.init import init as work

    laid = work(folder, _answers(given, is_asking=not yes and is_person()), roster)
    for path in laid.files:
        click.echo(f"Written: {path}")
    click.echo(f"{laid.people} {'person stands' if laid.people == 1 else 'people stand'} in people.yaml.")
    for slip in laid.slips:
        click.echo(f"  ?   {roster}, {slip}")
    for line in laid.mistakes:
        click.echo(f"  ✗   {line}", err=True)
    if laid.people == 1:
        click.echo("Until you add colleagues, all of it comes to you.")
    click.echo("\nNext:")
    for number, line in enumerate(laid.next, 1):
        click.echo(f"  {number}. {line}")


def is_person() -> bool:
    """Whether somebody sits at a terminal and can be asked."""
    return sys.stdin.isatty()


def _answers(given: dict[str, str | bool | None], *, is_asking: bool) -> Answers:
    from bot.starter.files import Answers
    from bot.starter.presets import PRESETS
    from bot.starter.roster import plain_id

    def ask(key: str, question: str, usual: str = "") -> str:
        value = given[key]
        if isinstance(value, str) and value:
            return value
        if is_asking:
            return str(click.prompt(question, default=usual or None)).strip()
        if usual:
            return usual
        raise click.UsageError(f"--{key} is missing, and nobody can be asked.")

    library = ask("library", "The library's name")
    name = ask("name", "Your name (the liaison)")
    address = ask("address", "Your address")
    if is_asking and not given["provider"]:
        for key, preset in PRESETS.items():
            click.echo(f"  {key}: {preset.label}")
    provider = ask("provider", "Where is the mailbox that is subscribed to the lists?", "plain")
    if provider not in PRESETS:
        raise click.UsageError(f"There is no provider `{provider}`. There are {', '.join(PRESETS)}.")
    for line in PRESETS[provider].first:
        click.echo(line)
    account = ask("account", "The address of that mailbox")
    return Answers(
        library=library, time_zone=str(given["time_zone"]), name=name, address=address, provider=provider,
        liaison=str(given["liaison"] or plain_id(name).partition("-")[0] or "liaison"), account=account,
        bot=ask("bot", "The address that digests come from", account), imap=str(given["imap"]), smtp=str(given["smtp"]),
        authentication_server=str(given["server"]), is_dry=not given["send"])


@click.group(epilog="Example: liaison people import staff.csv")
@click.option("--config", "named", type=_CSV, metavar="FILE", help="The config whose people.yaml is meant.")
@click.pass_context
def people(ctx: click.Context, named: Path | None) -> None:
    """The people of people.yaml: a list of staff merged into them; mail to an address that works again."""
    ctx.obj = named


@people.command(name="resume", epilog="Example: liaison people resume dana. Ends with 1 when nothing was paused.")
@click.option("--config", "named", type=_CSV, metavar="FILE", help="The config whose people.yaml is meant.")
@click.argument("who", metavar="ID")
@click.pass_obj
def resume_(above: Path | None, named: Path | None, who: str) -> None:
    """Write to a person again whose address was paused because mail to it came back."""
    from bot.commands.resume import resume

    said, was_paused = resume(named or above, who)
    click.echo(said)
    sys.exit(0 if was_paused else 1)


@people.command(name="import", epilog="Examples: liaison people import staff.csv   ·   liaison people import staff.csv "
                                      "--dry-run. Ends with 1 when lines were not clear and nothing was written.")
@click.option("--config", "named", type=_CSV, metavar="FILE", help="The config whose people.yaml is meant.")
@click.argument("path", type=_CSV, metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Write without asking; not if a line was not clear.")
@click.option("--skip-bad", is_flag=True, help="Leave lines out that are not clear.")
@click.pass_obj
def import_(above: Path | None, named: Path | None, path: Path, dry_run: bool, yes: bool, skip_bad: bool) -> None:
    """Merge a list of staff in CSV (name, email, areas) into people.yaml. Nobody is taken out."""
    from bot.commands.people import carry_out, plan
    from bot.show import show_diff

    found = plan(named or above, path)
    for line in found.said:
        click.echo(line)
    for slip in found.slips:
        click.echo(f"  ✗   {path}, {slip}", err=True)
    show_diff(found.diff)
    if found.is_empty or dry_run:
        click.echo("Nothing was written.")
        sys.exit(1 if found.slips and not skip_bad else 0)
    if found.slips and not skip_bad and yes:
        click.echo("Nothing was written, since lines were not clear. Mend them, or add --skip-bad.", err=True)
        sys.exit(1)
    if not yes and not click.confirm("Write this?", default=not found.slips):
        click.echo("Nothing was written.")
        sys.exit(1)
    click.echo(f"Written: {found.path}. The old files lie in {carry_out(found)}.")
    click.echo("A running bot takes it up within two seconds. See it: liaison check, liaison what ID.")
