"""Real mail servers for tests, private to one run: Dovecot (IMAP, LMTP), Postfix, a loopback proxy that breaks lines.

All listen on 127.0.0.1 on free ports, keep their files in one folder of their own, and end with the run; only
processes started here are ended. Any user may sign in, with PASSWORD; mail to <user>@example.edu (.org, .com) through
Postfix lands in the mailbox of <user>. Also here: an aiosmtpd server that answers from a list of replies.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from imapclient import IMAPClient

T = TypeVar("T")

PASSWORD = "correct-horse"
DOVECOT, POSTFIX, LMTP = Path("/usr/sbin/dovecot"), Path("/usr/sbin/postfix"), Path("/usr/lib/dovecot/lmtp")

_DOVECOT_CONF = """
base_dir = {run}
state_dir = {run}/state
protocols = imap lmtp
listen = 127.0.0.1
log_path = {root}/dovecot.log
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0 secs
auth_username_format = %Ln
first_valid_uid = 1
mail_location = maildir:{root}/mail/%n
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={root}/home/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  service_count = 0
  inet_listener imap {{
    port = {imap_plain}
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    port = {auth}
  }}
}}
# No growing delays for an address that guesses passwords: all tests come from one.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  inet_listener http {{
    port = 0
  }}
}}
"""

#: Whoever listens on that port says whose a token is (RFC 7662); see tests/loginserver.py.
_OAUTH2_CONF = """
introspection_url = http://127.0.0.1:{introspection}/introspect?token=
introspection_mode = get
username_attribute = username
active_attribute = active
active_value = true
"""

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.net
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = example.edu, example.org, example.com
virtual_mailbox_maps = static:any
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:5.7.1 nothing leaves this machine
relay_transport = error:5.7.1 nothing leaves this machine
transport_maps = inline:{{
  {{ gone@example.edu = gone: }} {{ full@example.edu = full: }} }}
disable_dns_lookups = yes
lmtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{ unknown@example.edu = 550 5.1.1 no such person }} {{ later@example.edu = 450 4.2.1 try again later }} }}
message_size_limit = 3000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"""

_MASTER_CF = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 5 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
error unix - - n - - error
gone unix - n n - - pipe user=nobody argv=/bin/sh -c {{ echo 5.1.1 no such person; exit 67 }}
full unix - n n - - pipe user=nobody argv=/bin/sh -c {{ echo 5.2.2 mailbox full; exit 69 }}
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why the private mail servers cannot run here; empty when they can."""
    openssl = Path("/usr/bin/openssl")
    packages = {"dovecot-imapd": DOVECOT, "dovecot-lmtpd": LMTP, "postfix": POSTFIX, "openssl": openssl}
    absent = [name for name, program in packages.items() if not program.exists()]
    if absent:
        return f"needs the Debian packages {', '.join(absent)}"
    if os.geteuid() != 0:
        return "needs root: Dovecot and Postfix change to users of their own"
    version = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=True).stdout
    return "" if version.startswith("2.3") else f"is written for Dovecot 2.3, here is {version.split()[0]}"


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that are free now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(sock.getsockname()[1]) for sock in sockets]


def until(ask: Callable[[], T], seconds: float = 20, what: str = "it") -> T:
    """Ask again and again until the answer is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.05)
    return answer


def answers(port: int) -> bool:
    """Whether something listens on a port of the loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


# ── the servers ───────────────────────────────────────────────────────────────────────────────────────────────────


class MailServers:
    """Dovecot and Postfix, running. Their certificate is for `host` only and signed by the authority in `ca_file`.

    `imap_port` and `smtps_port` speak TLS at once, `imap_plain_port` and `smtp_port` offer STARTTLS.
    Postfix answers 550 for unknown@example.edu, 450 for later@example.edu, and takes at most 3,000,000 bytes; mail to
    gone@example.edu (full@example.edu) it takes and sends back with 5.1.1 (5.2.2).
    """

    host = "localhost"
    password = PASSWORD

    def __init__(self) -> None:
        # Not below pytest's folder: unix sockets need a short path, and other users must pass through it.
        self.root = Path(tempfile.mkdtemp(prefix="mail-"))
        self.root.chmod(0o755)
        self.ca_file = self.root / "ca.pem"
        names = ("imap", "imap_plain", "lmtp", "smtp", "smtps", "auth")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.imap_port, self.imap_plain_port = self.ports["imap"], self.ports["imap_plain"]
        self.smtp_port, self.smtps_port = self.ports["smtp"], self.ports["smtps"]
        self.introspection_port = free_ports(1)[0]
        self._dovecot: subprocess.Popen[bytes] | None = None
        self._postfix_pid = 0

    def __enter__(self) -> MailServers:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start(self) -> None:
        make_certificates(self.root, self.host)
        self._start_dovecot()
        self._start_postfix()
        for name, port in self.ports.items():
            until(lambda port=port: answers(port), what=f"{name}, see the logs in {self.root}")  # type: ignore[misc]

    def _start_dovecot(self) -> None:
        for folder in ("mail", "home"):
            (self.root / folder).mkdir()
            shutil.chown(self.root / folder, "mail", "mail")
        (self.root / "oauth2.conf").write_text(_OAUTH2_CONF.format(introspection=self.introspection_port))
        conf = self.root / "dovecot.conf"
        conf.write_text(_DOVECOT_CONF.format(root=self.root, run=self.root / "run", password=PASSWORD, **self.ports))
        self._dovecot = subprocess.Popen(
            [DOVECOT, "-F", "-c", conf],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )

    def _start_postfix(self) -> None:
        base = self.root / "postfix"
        for folder in ("conf", "queue", "data"):
            (base / folder).mkdir(parents=True)
        shutil.chown(base / "data", "postfix")
        for name in ("cert.pem", "key.pem"):
            shutil.copy(self.root / name, base / name)
        (base / "conf/main.cf").write_text(_MAIN_CF.format(root=base, **self.ports))
        (base / "conf/master.cf").write_text(_MASTER_CF.format(**self.ports))
        done = subprocess.run([POSTFIX, "-c", base / "conf", "start"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"postfix start: {done.stderr}")
        pid_file = base / "queue/pid/master.pid"
        self._postfix_pid = int(until(lambda: pid_file.exists() and pid_file.read_text().strip(), what="postfix") or 0)

    def stop(self) -> None:
        """End both servers and remove their files."""
        if self._postfix_pid:
            _end(self._postfix_pid)
        if self._dovecot is not None:
            self._dovecot.terminate()
            self._dovecot.wait(20)
        shutil.rmtree(self.root, ignore_errors=True)

    # ── what tests do with a mailbox, as a second client ──

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """A signed-in IMAP client of a user's."""
        with IMAPClient(self.host, self.imap_plain_port, ssl=False, timeout=30) as client:
            client.login(user, PASSWORD)
            yield client

    def append(self, user: str, raw: bytes, folder: str = "INBOX", when: datetime.datetime | None = None) -> None:
        """Put a message into a mailbox; `when` becomes its INTERNALDATE. Line ends become CRLF."""
        with self.client(user) as client:
            if folder != "INBOX" and not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, raw, msg_time=when)

    def mailbox(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All messages of a mailbox in the order of arrival."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def is_underway(self) -> bool:
        """Whether Postfix has taken mail that does not lie in a mailbox yet."""
        queues = [self.root / "postfix/queue" / name for name in ("maildrop", "incoming", "active")]
        return any(any(queue.iterdir()) for queue in queues)

    def flags(self, user: str, folder: str = "INBOX") -> list[set[bytes]]:
        """The flags of all messages, without \\Recent, in the order of arrival."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["FLAGS"])
            return [set(found[uid][b"FLAGS"]) - {b"\\Recent"} for uid in sorted(found)]

    def expunge(self, user: str, uids: list[int], folder: str = "INBOX") -> None:
        """Remove some messages for good."""
        with self.client(user) as client:
            client.select_folder(folder)
            client.delete_messages(uids)
            client.expunge()

    def drop(self, user: str) -> None:
        """Remove a user's mailbox with all its folders."""
        shutil.rmtree(self.root / "mail" / user, ignore_errors=True)

    def fill(self, user: str, count: int, raw: bytes) -> None:
        """Make a large INBOX quickly: files written straight into the Maildir, before the user's first sign-in."""
        home = self.root / "mail" / user
        for name in ("cur", "new", "tmp"):
            (home / name).mkdir(parents=True)
        for number in range(count):
            (home / "cur" / f"{1_700_000_000 + number}.M{number}.host:2,").write_bytes(raw)
        subprocess.run(["chown", "-R", "mail:mail", home], check=True)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until(lambda: not Path(f"/proc/{pid}").exists(), what="the end of Postfix")


def make_certificates(root: Path, host: str) -> None:
    """Write ca.pem, and cert.pem with key.pem for a host name, signed by that authority."""
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    _openssl("req", "-x509", *new, "-subj", "/CN=Test authority", "-keyout", root / "ca.key", "-out", root / "ca.pem")
    _openssl("req", "-new", *new, "-subj", f"/CN={host}", "-keyout", root / "key.pem", "-out", root / "cert.csr")
    (root / "cert.ext").write_text(f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\n")
    _openssl(
        "x509", "-req", "-in", root / "cert.csr", "-CA", root / "ca.pem", "-CAkey", root / "ca.key",
        "-CAcreateserial", "-days", "30", "-extfile", root / "cert.ext", "-out", root / "cert.pem",
    )


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
