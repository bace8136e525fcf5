"""A service, and a proxy, that shows what it was sent in whatever it answers."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def echoing(get: int, post: int) -> Iterator[str]:
    """Answer with these statuses: headers and body are repeated in the answer and its headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(get, "[]" if get == 200 else self._shown(b""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(post, self._shown(body))

        def do_CONNECT(self) -> None:
            self._reply(407, self._shown(b""))

        def _shown(self, body: bytes) -> str:
            said = f"{self.headers}{body.decode()}"
            return json.dumps({"code": 1234, "description": said, "data": [said]})

        def _reply(self, status: int, body: str) -> None:
            token = str(self.headers.get("Authorization", "")).removeprefix("Bearer ")
            self.send_response(status)
            self.send_header("MS-CorrelationId", token)
            self.send_header("Location", f"https://elsewhere.example/?token={token}")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
