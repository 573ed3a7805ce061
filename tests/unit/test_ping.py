"""The outside watcher: it hears that all is well, hears at once that it is not, and holds nothing up."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.config import Ping
from bot.hearts import Hearts
from bot.ping import Pinger, failing
from tests.servers import until


class Watcher(HTTPServer):
    """A watcher on loopback; what it is asked for is kept."""

    def __init__(self, status: int = 200) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = asked
        self.url = f"http://127.0.0.1:{self.server_port}/ping/secret-id"


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with Watcher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_hears_that_all_is_well_and_at_once_that_it_is_not(watcher: Watcher) -> None:
    state = {"well": True}
    pinger = Pinger(Ping(url=watcher.url, every_minutes=60), lambda: state["well"])
    pinger.start()
    until(lambda: watcher.asked == ["/ping/secret-id"], 10, "the first ping")
    pinger.look()
    state["well"] = False
    pinger.look()
    until(lambda: watcher.asked == ["/ping/secret-id", "/ping/secret-id/fail"], 10, "the failure")
    state["well"] = True
    pinger.look()
    until(lambda: len(watcher.asked) == 3, 10, "the end of it")
    pinger.stop()
    assert watcher.asked[2] == "/ping/secret-id"


def test_a_watcher_that_never_answers_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/secret-id"
        pinger = Pinger(Ping(url=url), lambda: True, limit=0.5)
        with caplog.at_level(logging.WARNING):
            pinger.start()
            until(lambda: "ping-failed" in caplog.text, 10, "the end of patience")
        begun = time.monotonic()
        pinger.stop()
        assert time.monotonic() - begun < 3
    assert "secret-id" not in caplog.text


def test_one_byte_a_second_is_cut_off_too(caplog: pytest.LogCaptureFixture) -> None:
    def drip(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            for _ in range(30):
                try:
                    line.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        pinger = Pinger(Ping(url=f"http://127.0.0.1:{server.getsockname()[1]}/"), lambda: True, limit=0.5)
        begun = time.monotonic()
        with caplog.at_level(logging.WARNING):
            pinger.start()
            until(lambda: "no answer within" in caplog.text, 10, "the end of patience")
        assert time.monotonic() - begun < 2.5
        pinger.stop()
        thread.join()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret-id", "http://no.such.host.invalid/secret-id"])
def test_no_watcher_there_is_noted_without_its_address(url: str, caplog: pytest.LogCaptureFixture) -> None:
    pinger = Pinger(Ping(url=url), lambda: True, limit=5)
    with caplog.at_level(logging.WARNING):
        pinger.start()
        until(lambda: "ping-failed" in caplog.text, 15, "the failure")
    pinger.stop()
    assert "secret-id" not in caplog.text


def test_the_failing_address_keeps_the_query() -> None:
    assert failing("https://watch.example.org/abc/?rid=1") == "https://watch.example.org/abc/fail?rid=1"


def test_hearts_that_stop_are_named() -> None:
    now = [0.0]
    hearts = Hearts(limit=60, clock=lambda: now[0])
    hearts.begin("send")
    hearts.begin("poll-lists-INBOX")
    hearts.beat("none-of-ours")
    now[0] = 50
    hearts.beat("send")
    assert hearts.stopped() == []
    now[0] = 61
    assert hearts.stopped() == ["poll-lists-INBOX"]
    hearts.beat("poll-lists-INBOX")
    assert hearts.stopped() == []
    now[0] = 999
    hearts.end()
    assert hearts.stopped() == []
