"""Signed mail after a real hop: through Postfix into a mailbox, read back over IMAP, and believed by dkimpy."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest

from bot.commands.check import check
from bot.config import load_config
from bot.outbox.signer import open_signer
from tests.flow.house import House, alert, post
from tests.unit.test_signer import ED25519, RSA, Key, pem

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_every_mail_of_ours_is_believed_after_a_real_hop(house: House, key: Key) -> None:
    path = house.folder / "config.yaml"
    text = path.read_text().replace("  per_minute: 60000", (
        "  per_minute: 60000\n  dkim: {selector: s1, domain: example.edu, key: {file: dkim.pem}}"
    )).replace("liaison: robin", "liaison: robin, director: cleo")
    path.write_text(text)
    (house.folder / "dkim.pem").write_bytes(pem(key))
    assert [said for said in check(path).mistakes if said.kind == "dkim"] == []
    house.once()
    house.deliver(post("Serial holdings — über alles", house.now(), headers="X: y\r\n"), alert("flood", house.now()))
    house.once()
    house.pass_to_slot(days=40)                # a new month: the director's page, with its charts
    house.once()
    house.wait_for("cleo", "report")
    signed = {who: house.servers.mailbox(f"{house.name}-{who}") for who in ("robin", "ana", "cleo")}
    kinds = [mail["Message-ID"].partition(".")[0] for who in signed for mail in house.mails(who)]
    assert {"<urgent", "<digest", "<report"} <= set(kinds)
    record = _record(path)
    for raws in signed.values():
        for raw in raws:
            wire = raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")
            assert dkim.verify(wire, dnsfunc=lambda name, timeout=5: record.get(name))
            assert not dkim.verify(wire.replace(b"Subject: ", b"Subject: Re: ", 1),
                                   dnsfunc=lambda name, timeout=5: record.get(name))


def _record(path: Path) -> dict[bytes, bytes]:
    config = load_config(path)
    assert config.sending.dkim is not None
    record = open_signer(config.sending.dkim, config.sending.sender, {}, None).record
    return {f"{record.name}.".encode(): record.value.encode()}
