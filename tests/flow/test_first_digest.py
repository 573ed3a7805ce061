"""From `liaison init` to a digest in a real mailbox: what it writes runs as it stands, but for the test's ports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.flow.bots import ROOT
from tests.flow.house import House, post, text
from tests.servers import PASSWORD


def liaison(folder: Path, *words: str) -> str:
    """A command of its own process, in a folder; what it printed."""
    done = subprocess.run([sys.executable, "-c", "from bot.cli import main; main()", *words], cwd=folder, text=True,
                          capture_output=True, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_library_gets_its_first_digest(house: House) -> None:
    folder, servers = house.folder / "new", house.servers
    staff = house.folder / "staff.csv"
    staff.write_text(f'Name;E-mail;Areas\n"Ruiz, Ana";{house.addresses["ana"]};Cataloging and metadata\n', "utf-8")
    said = liaison(house.folder, "init", str(folder), "--library", "Prairie Lakes", "--name", "Robin Vale",
                   "--address", house.addresses["robin"], "--account", house.account, "--bot", house.bot_address,
                   "--imap", "localhost", "--smtp", "localhost", "--server", "mx.example.net", "--roster", str(staff),
                   "--send", "--yes")
    assert "2 people stand in people.yaml." in said
    for kind in ("imap", "smtp"):
        (folder / "secrets" / f"{kind}-password").write_text(PASSWORD)
        (folder / "secrets" / f"{kind}-password").chmod(0o600)
    config = folder / "config.yaml"
    ports = {"port: 993": servers.imap_port, "port: 587": servers.smtp_port}
    told = config.read_text()
    for line, port in ports.items():
        indent = re.search(rf"^( +){line}$", told, re.MULTILINE)
        assert indent is not None
        told = told.replace(line, f"port: {port}\n{indent[1]}ca_file: {servers.ca_file}")
    config.write_text(told)
    liaison(folder, "check")
    house.deliver(post("one", house.now(), text="The import profile of bib records has changed for all catalogers."))
    house.config = config
    assert house.once().process.returncode == 0
    house.pass_to_slot()
    assert house.once().process.returncode == 0
    (digest,) = house.wait_for("ana", "digest")
    assert "import profile" in text(digest)
    assert "Prairie Lakes" in text(digest)
