"""The commands that copy the store and go back to a copy: `liaison backup` and `liaison restore`."""

from __future__ import annotations

from pathlib import Path

import click

_config = click.option(
    "--config", "named", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The config to use (else $LIAISON_CONFIG, ./config.yaml, or the embedded sample library).",
)


@click.command(epilog="Example, in a crontab: 15 2 * * * liaison backup --config /etc/liaison/config.yaml "
                      "/srv/backup/liaison-$(date +\\%F).db")
@_config
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def backup(named: Path | None, target: Path) -> None:
    """Copy the store to a new FILE, readable for you alone, while the bot runs; ends with 2 when that failed."""
    from bot.commands.backup import backup as work

    click.echo(work(named, target))


@click.command(epilog="Example: systemctl stop liaison && liaison restore /srv/backup/liaison-2026-11-23.db")
@_config
@click.argument("copy", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
def restore(named: Path | None, copy: Path) -> None:
    """Put a copy in the store's place; the store that was there is kept beside it. Refused while a bot runs."""
    from bot.commands.backup import restore as work

    for line in work(named, copy):
        click.echo(line)
