"""Turns ASGI messages into requests, and answers into ASGI messages. It decides no answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

from reconciler.emulator.faults import BODILESS
from reconciler.emulator.routing import Request
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from reconciler.emulator.world import Answer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of a request."""

BEARER: Final = "bearer "


class ConnectionDropped(ConnectionError):
    """A fault ends the connection. Whoever runs the app has to end it for the client.

    `reset` asks for a reset (RST) rather than an orderly end.
    """

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("a fault of the emulator dropped the connection")
        self.reset = reset


async def read_request(scope: Message, receive: Receive) -> Request | None:
    """Read a request to its end; None where the client left before that."""
    body = await _read_body(receive)
    return None if body is None else _request(scope, body)


async def _read_body(receive: Receive) -> bytes | None:
    """Keep at most LARGEST_BODY: what is cut is no readable JSON."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")[: LARGEST_BODY - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


def _request(scope: Message, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): text for name, text in scope["headers"]}
    texts = {name: text.decode("latin-1").strip() for name, text in headers.items()}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(
        method=scope["method"],
        path=scope["path"],
        request_id=texts.get("ms-requestid") or str(uuid4()),
        correlation_id=texts.get("ms-correlationid") or str(uuid4()),
        token=_bearer(texts.get("authorization", "")),
        query={name.lower(): text for name, text in reversed(query)},
        continuation=texts.get("ms-continuationtoken", ""),
        body=body,
    )


def _bearer(authorization: str) -> Secret | None:
    if not authorization.lower().startswith(BEARER):
        return None
    return Secret(authorization[len(BEARER) :].strip())


async def send_answer(send: Send, answer: Answer) -> None:
    body = answer.body.encode()
    await send(_start(answer, len(body)))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_half(send: Send, answer: Answer) -> None:
    """Send half of the body that Content-Length promises; the caller ends the connection."""
    body = answer.body.encode()
    await send(_start(answer, max(len(body), 1)))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _start(answer: Answer, length: int) -> Message:
    own = {"Content-Type": answer.content_type}
    if answer.status not in BODILESS:
        own["Content-Length"] = str(length)
    given = dict(answer.headers)
    kept = {name: text for name, text in own.items() if name.lower() not in map(str.lower, given)}
    headers = [
        (name.lower().encode("latin-1"), text.encode("latin-1"))
        for name, text in (kept | given).items()
    ]
    return {"type": "http.response.start", "status": int(answer.status), "headers": headers}


async def live_through(receive: Receive, send: Send) -> None:
    """Follow the server's lifespan: the app has nothing to start and nothing to stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
