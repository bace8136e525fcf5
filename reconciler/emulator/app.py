"""The offline Partner Center as a plain ASGI callable, embedded or served. It opens no socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

from reconciler.emulator.answers import plain
from reconciler.emulator.control import PREFIX, is_loopback, steer
from reconciler.emulator.emulator import Emulator, open_emulator
from reconciler.emulator.faults import BODILESS
from reconciler.emulator.routing import Request
from reconciler.emulator.world import Answer
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.emulator.fault_effects import Broken

__all__ = ["App", "ConnectionDropped", "embedded"]


def embedded(
    seed: Mapping[str, object],
    seed_path: Path,
    state_dir: Path | None,
    faults: Mapping[str, object] | None = None,
) -> App:
    """Build the app over a seed, keeping what changes in `state_dir`, or in memory without one.

    Raise ConfigurationError where the seed, the faults or the kept state can't be read.
    """
    return App(open_emulator(seed, seed_path, state_dir, faults))


@dataclass(frozen=True, slots=True)
class App:
    """The ASGI callable. It raises ConnectionDropped where a fault ends the connection."""

    emulator: Emulator

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live_through(receive, send)
            return
        request = await read_request(scope, receive)
        if request is not None:
            host, _ = scope.get("client") or ("", 0)
            await self._reply(request, host, send)

    async def _reply(self, request: Request, host: str, send: Send) -> None:
        given = await self._answer(request, host)
        if isinstance(given, Answer):
            await send_answer(send, given)
            return
        if given.sent is not None:
            await send_half(send, given.sent)
        raise ConnectionDropped(reset=given.reset)

    async def _answer(self, request: Request, host: str) -> Answer | Broken:
        if not request.path.startswith(PREFIX):
            return await self.emulator.answer(request)
        if not is_loopback(host):
            return plain(HTTPStatus.FORBIDDEN, "These paths are for clients on this machine only.")
        return steer(self.emulator, request)


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
