"""The doctor against real servers: each fault is named at its step, and what lies behind it is not reached."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from dns.resolver import Resolver

from bot.commands.doctor import doctor, exit_code
from bot.config import Sender
from bot.doctor.names import from_course, texts_of
from bot.doctor.steps import Finding, Step, walk
from tests.faults import FaultProxy
from tests.flow.house import House
from tests.servers import PASSWORD, make_certificates

RECORDS = {"example.edu": ["v=spf1 mx -all"], "_dmarc.example.edu": ["v=DMARC1; p=reject"]}


@pytest.fixture
def patient(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house whose servers and passwords are well, looked at from within this process."""
    monkeypatch.setenv("LIAISON_IMAP_PASSWORD", PASSWORD)
    monkeypatch.setenv("LIAISON_SMTP_PASSWORD", PASSWORD)
    house.servers.append(house.account, b"Subject: one\r\n\r\nx\r\n")
    return house


def examine(house: House, *, mail: bool = False) -> dict[str, Finding]:
    found = list(doctor(house.config, mail=mail, texts=lambda name: RECORDS.get(name, [])))
    return {f"{one.course}: {one.step}": one for one in found}


def wrong(found: dict[str, Finding]) -> list[str]:
    return [name for name, one in found.items() if one.state == "wrong"]


def test_all_is_well_and_nothing_is_sent_or_changed(patient: House) -> None:
    found = examine(patient)
    assert wrong(found) == []
    assert found["mailbox lists: folder INBOX"].saw == "It can be read, and holds 1 messages."
    assert "valid until" in found["mailbox lists: TLS"].saw and "valid until" in found["sending: TLS"].saw
    assert "would be taken; none was sent" in found["sending: sender"].saw
    assert found["From address: SPF"].state == found["From address: DMARC"].state == "well"
    assert patient.mails("robin") == []
    assert not (patient.folder / "var/store.db").exists()
    assert patient.servers.flags(patient.account) == [set()]


def test_a_test_mail_goes_out_and_comes_back(patient: House) -> None:
    bot = patient.settings["account"]
    text = patient.config.read_text().replace("  per_minute", f"  answers: {bot}@example.edu\n  per_minute")
    patient.config.write_text(text)
    found = examine(patient, mail=True)
    assert wrong(found) == []
    assert "came back after" in found["test mail: back"].saw
    assert "clock agrees" in found["test mail: back"].saw


@pytest.mark.parametrize(("old", "new", "step", "words"), [
    ("host: localhost, port: {imap_port}", "host: no.such.host.invalid, port: 993", "mailbox lists: DNS",
     "not known to DNS"),
    ("folders: [INBOX]", "folders: [Lists]", "mailbox lists: folder Lists", "There is no folder `Lists`."),
    ("security: starttls, user", "security: tls, user", "sending: TLS", "TLS"),
])
def test_what_is_wrong_in_the_config_is_named_at_its_step(patient: House, old: str, new: str, step: str,
                                                          words: str) -> None:
    old = old.format(**patient.settings)
    assert old in patient.config.read_text()
    patient.config.write_text(patient.config.read_text().replace(old, new))
    found = examine(patient)
    assert wrong(found) == [step]
    assert words in found[step].saw and found[step].mend


def test_a_closed_port(patient: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    patient.configure(imap_port=port)
    found = examine(patient)
    assert wrong(found) == ["mailbox lists: TCP"]
    assert found["mailbox lists: sign in"].state == "not reached"
    assert "“TCP”" in found["mailbox lists: sign in"].saw


@pytest.mark.parametrize("name", ["localhost", "other.example.net"])
def test_a_certificate_of_another_authority_or_name(patient: House, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    make_certificates(tmp_path / "other", name)
    text = patient.config.read_text()
    patient.config.write_text(text.replace(str(patient.servers.ca_file), str(tmp_path / "other/ca.pem")))
    found = examine(patient)
    assert wrong(found) == ["mailbox lists: TLS", "sending: TLS"]
    assert "is not trusted" in found["mailbox lists: TLS"].saw
    assert "ca_file" in found["mailbox lists: TLS"].mend


def test_a_wrong_password(patient: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIAISON_IMAP_PASSWORD", "wrong-horse")
    monkeypatch.setenv("LIAISON_SMTP_PASSWORD", "wrong-horse")
    found = examine(patient)
    assert wrong(found) == ["mailbox lists: sign in", "sending: sign in"]
    assert found["mailbox lists: quota"].state == found["sending: sender"].state == "not reached"
    assert "wrong-horse" not in str(found)


def test_a_server_that_says_nothing_ends_by_its_limit(patient: House) -> None:
    with FaultProxy(patient.servers.imap_port) as proxy:
        proxy.blackhole = True
        patient.configure(imap_port=proxy.port, patience=1)
        found = examine(patient)
    assert wrong(found) == ["mailbox lists: TLS"]
    assert "did not answer within 1 seconds" in found["mailbox lists: TLS"].saw


def test_the_command_tells_it_as_json_and_by_its_exit_code(patient: House) -> None:
    bot = patient.command("doctor", "--json")
    code = bot.wait()
    told = json.loads(bot.said)
    assert code == told["exit"] in (0, 2)
    assert {"course", "step", "state", "saw", "mend"} == set(told["findings"][0])


def test_a_step_that_hangs_is_left_and_the_rest_not_reached() -> None:
    import threading

    never = threading.Event()
    first, second = walk("c", [Step(name="one", work=lambda: str(never.wait(30)), seconds=0.2),
                               Step(name="two", work=lambda: "fine")])
    never.set()
    assert (first.state, second.state) == ("wrong", "not reached")
    assert "within 0.2 seconds" in first.saw


def test_exit_codes() -> None:
    def one(state: str) -> Finding:
        return Finding(course="c", step="s", state=state, saw="")  # type: ignore[arg-type]

    assert exit_code([one("well"), one("not tried")]) == 0
    assert exit_code([one("well"), one("doubt")]) == 2
    assert exit_code([one("wrong"), one("doubt"), one("not reached")]) == 1


def test_dns_that_does_not_answer_is_no_fault() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        asked = Resolver(configure=False)
        asked.nameservers, asked.port, asked.lifetime = ["127.0.0.1"], silent.getsockname()[1], 0.3
        found = {one.step: one.state for one in walk("From address", from_course(
            Sender(address="digest@example.edu", envelope_sender="b@other.org"), None, texts_of(asked)))}
    assert found == {"alignment": "doubt", "SPF": "not tried", "DKIM": "not tried", "DMARC": "not tried"}
