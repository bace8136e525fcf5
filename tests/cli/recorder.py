"""Stands between the program and a served emulator, and keeps every request as it came."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request; `headers` by their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Recorder:
    """`before` is called with each request before it is passed on."""

    address: str
    requests: list[Recorded] = field(default_factory=list)

    def sent(self, method: str) -> list[Recorded]:
        return [request for request in self.requests if request.method == method]


def _nothing(_request: Recorded) -> None:
    """Let the request pass."""


@contextmanager
def recording(emulator: str, before: Callable[[Recorded], None] = _nothing) -> Iterator[Recorder]:
    """Pass requests on to the served `emulator`; `before` sees each one first."""
    kept: list[Recorded] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._pass_on()

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Stay silent."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            request = Recorded(self.command, self.path, headers, body)
            kept.append(request)
            before(request)
            status, answered, payload = _forward(emulator, request)
            self.send_response_only(status)
            for name, text in answered:
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(payload)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Recorder(f"http://127.0.0.1:{server.server_port}", kept)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _forward(emulator: str, request: Recorded) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = HTTPConnection(emulator.removeprefix("http://"))
    try:
        headers = {name: text for name, text in request.headers.items() if name != "host"}
        connection.request(request.method, request.path, request.body or None, headers)
        answer = connection.getresponse()
        payload = answer.read()
        passed = [(n, t) for n, t in answer.getheaders() if n.lower() != "transfer-encoding"]
        return answer.status, passed, payload
    finally:
        connection.close()
