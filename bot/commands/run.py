"""`liaison run` and `liaison once`: the daemon, and one pass for cron."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.assemble import Plant, assemble
from bot.commands.setting import Setting, find_setting
from bot.daemon import Daemon, seconds_up, tell_refused, utc_now
from bot.errors import ConfigError, LiaisonError
from bot.journal import mind_crashes, open_journal
from bot.pipeline.poll import poll
from bot.pipeline.watching import Watch
from bot.pulse import only_one, write_health
from bot.sample.library import lay_sample
from bot.terminal import Terminal


def _open(named: Path | None) -> tuple[Setting, Plant]:
    setting = find_setting(named)
    mind_crashes()
    try:
        open_journal(setting.config.log.file, setting.config.log.level)
    except OSError as wrong:
        raise ConfigError(
            f"The log file {setting.config.log.file} cannot be written: {wrong.strerror}.",
            "Give the bot's account the right to write there, or set `log: {file: …}` elsewhere.",
        ) from wrong
    return setting, assemble(setting.config, datetime.now(UTC), eager=setting.is_sample, keep=True)


def run(named: Path | None, *, quiet: bool) -> None:
    """Run until SIGTERM or SIGINT."""
    setting, plant = _open(named)
    terminal = Terminal(plant, quiet=quiet)
    try:
        if setting.is_sample:
            terminal.sample(lay_sample(setting.config, datetime.now(UTC)))
        with only_one(plant.config.store):
            plant.store.check()
            plant.receiver.catch_up(utc_now())
        daemon = Daemon(plant, terminal.on_batch)
        _mind_signals(daemon)
        daemon.run(started=lambda: terminal.started(datetime.now(UTC)))
    finally:
        terminal.close()
        plant.close()


def _mind_signals(daemon: Daemon) -> None:
    def on_signal(*_: object) -> None:
        # From a thread: a handler must not take locks that the interrupted code may hold.
        threading.Thread(target=daemon.stop).start()

    def on_hangup(*_: object) -> None:
        # A service is asked to look at its files; a terminal that was closed ends what ran in it.
        is_closed = has_terminal and not os.isatty(0)
        threading.Thread(target=daemon.stop if is_closed else daemon.reload).start()

    has_terminal = os.isatty(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    signal.signal(signal.SIGHUP, on_hangup)


def once(named: Path | None, *, quiet: bool) -> bool:
    """One pass: poll, publish what is due, send. True when everything could be reached."""
    setting, plant = _open(named)
    terminal = Terminal(plant, quiet=quiet)
    try:
        if setting.is_sample:
            terminal.sample(lay_sample(setting.config, datetime.now(UTC)))
        with only_one(plant.config.store):
            plant.store.check()
            plant.store.outbox.recover(utc_now())
            plant.deliverer.recover(utc_now())
            went_well = _pass(plant, terminal)
        terminal.summary(utc_now())
        return went_well
    finally:
        terminal.close()
        plant.close()


def _pass(plant: Plant, terminal: Terminal) -> bool:
    went_well = True
    plant.receiver.catch_up(utc_now())
    tell_refused(plant.publisher, plant.in_force.refused, utc_now())
    for _, source in plant.sources():
        try:
            poll(source, plant.store, plant.receiver, utc_now, terminal.on_batch)
        except LiaisonError as wrong:
            terminal.trouble(wrong)
            went_well = False
        finally:
            source.close()
    plant.announce_endings(utc_now())
    plant.publisher.publish(utc_now())
    delivered = plant.deliverer.deliver(utc_now)
    told = plant.publisher.tell_failed(delivered.failed, utc_now())
    if _look(plant) or told:
        plant.deliverer.deliver(utc_now)
    if delivered.trouble is not None:
        terminal.trouble(delivered.trouble)
    return went_well and delivered.trouble is None and not delivered.failed


def _look(plant: Plant) -> bool:
    """The look at itself that a daemon takes every few seconds; True when there is something to tell."""
    watch = Watch(plant.store, plant.config, plant.in_force, plant.publisher.tell, seconds_up)
    told = watch.look(utc_now())
    if plant.config.health_file is not None:
        with suppress(OSError):
            write_health(plant.config.health_file, plant.store, plant.config, utc_now())
    return told
