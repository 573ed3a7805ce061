"""A real server takes mail and sends it back: told, counted, paused, and taken up again by an edit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.flow.house import House, alert, text
from tests.servers import until


@pytest.fixture
def returning(house: House) -> House:
    """Cleo's address is dead behind the door, Ben's mailbox is full; what comes back lands in the bot's own mailbox."""
    house.configure(bounces=f"{house.account}@example.edu")
    people = (house.folder / "rules/people.yaml").read_text()
    people = people.replace(house.addresses["ben"], "full@example.edu")
    house.rule("people.yaml", people.replace(f"address: {house.addresses['cleo']}",
                                             "address: gone@example.edu, deputy: ana"))
    return house


def write(house: House, number: int) -> None:
    """An alert to Ana, Ben and Cleo; what goes to two of them comes back."""
    before = len(house.received())
    house.deliver(alert(f"flood{number}", house.now()))
    house.wait_received(before + 3, 90)


def state(house: House, reader: str) -> list[str]:
    """What became of a reader's alerts."""
    return [row.state for row in house.deliveries() if row.reader == reader and row.kind == "urgent"]


def subjects(house: House) -> list[str]:
    """The notices that the liaison has."""
    return [str(mail["Subject"]) for mail in house.of_kind("robin", "notice")]


def test_a_dead_address_is_paused_its_mail_goes_to_the_deputy_and_an_edit_ends_it(returning: House) -> None:
    house = returning
    house.start()
    for number in range(3):
        write(house, number)
        until(lambda: set(state(house, "cleo")) | set(state(house, "ben")) == {"failed"}, 60, "the outcomes")
        house.pass_time(timedelta(days=1))
    until(lambda: "Mail to Cleo Marsh comes back" in subjects(house), 60, "the notice of the pause")
    with house.store() as store:
        assert [one.address for one in store.returns.paused()] == ["gone@example.edu"]
        reasons = [row.reply for row in house.deliveries() if row.reader == "ben" and row.kind == "urgent"]
    assert all("5.2.2" in reason for reason in reasons) and len(reasons) == 3

    house.deliver(alert("flood9", house.now()))
    until(lambda: len(state(house, "cleo")) == 4, 60, "the fourth alert")
    until(lambda: any(str(mail["Subject"]).startswith("For Cleo Marsh: ") for mail in house.of_kind("ana", "urgent")),
          60, "Cleo's mail with Ana")
    status = house.status()
    assert "Mail to gone@example.edu comes back" in status.said
    assert "liaison people resume cleo" in " ".join(status.said.split())

    people = (house.folder / "rules/people.yaml").read_text()
    house.rule("people.yaml", people.replace("gone@example.edu", house.addresses["cleo"]))
    until(lambda: not paused(house), 60, "the end of the pause")
    house.deliver(alert("flood10", house.now()))
    house.wait_for("cleo", "urgent", seconds=60)
    assert "comes back, so" not in house.status().said
    (notice,) = [mail for mail in house.of_kind("robin", "notice")
                 if mail["Subject"] == "Mail to Cleo Marsh comes back"]
    assert "5.1.1" in text(notice) and "Ana Ruiz" in text(notice)


def paused(house: House) -> list[str]:
    """The addresses that get no mail."""
    with house.store() as store:
        return [one.address for one in store.returns.paused()]
