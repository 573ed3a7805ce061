"""What `liaison run` shows: a bar while an old mailbox comes in, then what came, who gets it, and where it lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.assemble import Plant
from bot.errors import LiaisonError
from bot.markup import escape
from bot.pipeline.receive import Received
from bot.types import Batch, Disposition

_BAR_FROM = 20
_ROWS = 12


class Terminal:
    """Prints; decides nothing. With `quiet` it says nothing at all."""

    def __init__(self, plant: Plant, *, quiet: bool) -> None:
        self._plant = plant
        self._console = Console(quiet=quiet, highlight=False)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._watching = False

    def sample(self, laid: int) -> None:
        """The sample library: say that this is one."""
        if laid:
            self._console.print(f"No config.yaml here, so this is the sample library: {laid} messages were laid into "
                                f"[bold]{self._plant.config.mailboxes[0].maildir}[/].")
        else:
            self._console.print("No config.yaml here, so this is the sample library.")

    def on_batch(self, batch: Batch, received: list[Received]) -> None:
        """A batch is stored: move the bar, or tell a single message."""
        if self._watching:
            self._tell(received)
        elif batch.total >= _BAR_FROM:
            self._advance(batch, len(batch.arrivals))

    def _advance(self, batch: Batch, step: int) -> None:
        if self._progress is None:
            self._progress = Progress(TextColumn("Reading the mailbox"), BarColumn(), MofNCompleteColumn(),
                                      TimeRemainingColumn(), console=self._console)
            self._progress.start()
            self._task = self._progress.add_task("backfill", total=batch.total)
        if self._task is not None:
            self._progress.update(self._task, advance=step, total=batch.total)

    def _end_bar(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def started(self, now: datetime) -> None:
        """The first round is over."""
        self.summary(now)
        boxes = ", ".join(str(box.maildir or box.mbox or (box.imap and box.imap.host)) for box in
                          self._plant.config.mailboxes)
        self._console.print(f"\nWatching [bold]{escape(boxes)}[/]. Ctrl-C ends.")
        self._watching = True

    def summary(self, now: datetime) -> None:
        """Tables of the last two weeks: what came, how it was tagged, who gets what and why, and where it lies."""
        self._end_bar()
        if self._console.quiet:
            return
        count = self._plant.store.archive.count()
        parts = " + ".join(f"{number} {name}" for name, number in count)
        self._console.print(f"\n[bold]{count.received} messages[/] = {parts}")
        for table in (self._areas(now), self._readers(now), self._mails(now)):
            if table.row_count:
                self._console.print(table)
        for fault in self._plant.store.health.faults():
            self._console.print(f"[red]{escape(fault.what)}[/] {escape(fault.mend)}")

    def _areas(self, now: datetime) -> Table:
        table = _table("What came in, by area", "Area", "Messages", "Latest", "Because")
        found: dict[str, list[tuple[str, str]]] = {}
        for stored in self._plant.store.archive.iterate(now - timedelta(days=30), now + timedelta(days=1)):
            if stored.disposition is Disposition.ROUTED and stored.message is not None:
                for tag in stored.reading.areas:
                    found.setdefault(str(tag.value), []).append((stored.message.subject, tag.why))
        book = self._plant.in_force().book
        for area, posts in sorted(found.items(), key=lambda item: -len(item[1])):
            subject, why = posts[-1]
            table.add_row(escape(book.label(area)), str(len(posts)), escape(subject[:60]), escape(why[:70]))
        return table

    def _readers(self, now: datetime) -> Table:
        table = _table("Who gets what, and why", "Reader", "At once", "In digests", "Mostly because")
        rows = self._plant.store.outbox.between(now - timedelta(days=14), now + timedelta(days=1))
        for name, person in self._plant.in_force().book.people.items():
            mine = [row for row in rows if row.reader == name and row.kind in ("urgent", "digest")]
            urgent = sum(row.kind == "urgent" for row in mine)
            items = {item for row in mine if row.kind == "digest" for item in row.items}
            table.add_row(escape(person.name), str(urgent), str(len(items)), escape(self._mostly(name, items)))
        return table

    def _mostly(self, reader: str, items: Iterable[int]) -> str:
        rules = Counter(
            row.route.rule for item in items for row in self._plant.store.archive.routes(item)
            if row.route.reader == reader
        )
        return ", ".join(f"{rule} ({number})" for rule, number in rules.most_common(3))

    def _mails(self, now: datetime) -> Table:
        table = _table("The newest mails", "To", "Subject", "State")
        rows = self._plant.store.outbox.between(now - timedelta(days=1), now + timedelta(days=1))
        for row in [row for row in rows if row.state != "empty"][-_ROWS:]:
            table.add_row(escape(row.recipient), escape(row.subject[:80]), row.state)
        folder = self._plant.config.sending.folder
        table.caption = f"They lie in {folder}, as .eml and .html" if folder else None
        return table

    def _tell(self, received: list[Received]) -> None:
        for one in received:
            admission = one.admission
            subject = escape(admission.message.subject[:70]) if admission.message else "(unreadable)"
            if admission.kind == "patron-data":
                subject = "(holds patron data)"
            readers = ", ".join(f"{route.reader} {route.way}" for route in admission.decision.routes)
            areas = ", ".join(admission.reading.area_ids)
            what = f"{areas} → {readers}" if readers else admission.why
            self._console.print(f"[bold]{one.id}[/] {admission.disposition}: {subject} [dim]{escape(what)}[/]")

    def trouble(self, wrong: LiaisonError) -> None:
        """Something could not be reached."""
        self._console.print(f"[red]{escape(wrong.what)}[/] {escape(wrong.mend)}")

    def close(self) -> None:
        """Give the terminal back."""
        self._end_bar()


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


