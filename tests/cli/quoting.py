"""A service whose every text quotes the secrets of whoever asks, in JSON escapes too."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTED: Final = "QUOTED"
CONTACT: Final = "Perdita Winterbourne"

ERRORS: Final = (
    {"code": QUOTED, "description": QUOTED, "data": [QUOTED], "source": QUOTED},
    {"statusCode": 400, "message": QUOTED},
    {"code": 9, "errorName": QUOTED, "isRetryable": False},
    {"Code": "x", "Description": "", "Message": QUOTED},
    QUOTED,
)
"""The five shapes of an error body."""

ENTRY: Final = {"vettingReason": QUOTED, "vettingStatus": QUOTED, "vettingCreatedDate": QUOTED}


def answers(path: str) -> object:
    """What a GET is answered, by the end of its path."""
    match path.rpartition("/")[2].partition("?")[0]:
        case "qualifications":
            denied = {"qualification": "Education", **ENTRY, "vettingStatus": "Denied"}
            return [denied, {"qualification": QUOTED, **ENTRY}]
        case "validationStatus":
            return {"type": "account", "status": QUOTED}
        case "agreements":
            contact = {"firstName": CONTACT, "email": QUOTED}
            return {"totalCount": 1, "items": [{"type": QUOTED, "primaryContact": contact}]}
        case "directSignedMicrosoftCustomerAgreementStatus":
            return {"isSigned": QUOTED, "contact": CONTACT}
        case customer_id:
            return {"id": customer_id, "companyProfile": {"domain": QUOTED, "companyName": QUOTED}}


@contextmanager
def quoting(*secrets: str) -> Iterator[tuple[str, list[str]]]:
    """Serve; gives the address, and the paths of the POSTs that came."""
    posted: list[str] = []
    plain = json.dumps(" and ".join(secrets))[1:-1]
    escaped = "".join(f"\\u{ord(each):04x}" for each in " and ".join(secrets))
    errors = list(ERRORS)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(200, answers(self.path))

        def do_POST(self) -> None:
            posted.append(self.path)
            self._reply(400, errors.pop())

        def _reply(self, status: int, body: object) -> None:
            content = json.dumps(body).replace(QUOTED, f"{plain} {escaped} {plain}").encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", posted
        finally:
            server.shutdown()
            thread.join()
