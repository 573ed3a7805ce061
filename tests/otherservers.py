"""IMAP servers that differ from Dovecot, private to one run: Cyrus, unpacked into a folder of its own, and pymap.

Debian's Cyrus cannot be installed beside its Dovecot; `scripts/servers` unpacks it into CYRUS, where nothing else sees
it. Both listen on 127.0.0.1 in clear text. Only processes started here are ended.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import answers, free_ports, until

CYRUS = Path("/var/cache/liaison-tests/cyrus")
_BIN = CYRUS / "usr/lib/cyrus/bin"

_IMAPD_CONF = """
configdirectory: {root}/conf
partition-default: {root}/spool
proc_path: {root}/proc
mboxname_lockpath: {root}/lock
idlesocket: {root}/idle
lmtpsocket: {root}/lmtp
notifysocket: {root}/notify
sync_machineid_file: {root}/machine
cyrus_user: mail
cyrus_group: mail
allowplaintext: yes
sasl_mech_list: PLAIN
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
maxlogins_per_user: 0
"""

_CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {root}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {root}/imapd.conf -N" listen="127.0.0.1:{port}" prefork=0
}}
EVENTS {{
}}
DAEMON {{
  idled cmd="{bin}/idled -C {root}/imapd.conf"
}}
"""


@dataclass(frozen=True)
class Door:
    """How a test gets in. `shared` says that there is one user only: then each test has a folder of its own."""

    port: int
    user: str
    password: str
    shared: bool


def no_cyrus() -> str:
    """Why Cyrus cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "needs root: Cyrus changes to a user of its own"
    return "" if (_BIN / "master").exists() else "is not unpacked (sh scripts/servers does it)"


def no_pymap() -> str:
    """Why pymap cannot run here; empty when it can."""
    return "" if importlib.util.find_spec("pymap") else "is not installed (the extra `dev` has it)"


@contextlib.contextmanager
def cyrus() -> Iterator[Door]:
    """Cyrus IMAP; any user may sign in, with any password, and gets an INBOX."""
    root = Path(tempfile.mkdtemp(prefix="cyrus-"))
    root.chmod(0o755)
    for name in ("conf/db", "conf/socket", "spool", "proc", "lock"):
        (root / name).mkdir(parents=True)
    (port,) = free_ports(1)
    (root / "imapd.conf").write_text(_IMAPD_CONF.format(root=root))
    (root / "cyrus.conf").write_text(_CYRUS_CONF.format(root=root, bin=_BIN, port=port))
    subprocess.run(["chown", "-R", "mail:mail", root], check=True)
    libraries = ":".join(str(CYRUS / place) for place in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
    command = [_BIN / "master", "-C", root / "imapd.conf", "-M", root / "cyrus.conf", "-p", root / "pid", "-D"]
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "CYRUS_USER": "mail", "CYRUS_GROUP": "mail"}
    with _running(command, port, environment, root / "log"):
        yield Door(port=port, user="", password="any", shared=False)
    shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def pymap() -> Iterator[Door]:
    """pymap with its mailboxes in memory."""
    (port,) = free_ports(1)
    command = [Path(sys.executable).with_name("pymap"), "--host", "127.0.0.1", "--port", str(port), "--no-tls",
               "--no-service", "managesieve", "dict", "--demo-data"]
    with _running(command, port, dict(os.environ), Path(os.devnull)):
        yield Door(port=port, user="demouser", password="demopass", shared=True)


@contextlib.contextmanager
def _running(command: list[Path | str], port: int, environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment,
                                   start_new_session=True)
        try:
            until(lambda: answers(port) or process.poll() is not None, 30, str(command[0]))
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            yield
        finally:
            process.terminate()
            process.wait(20)
