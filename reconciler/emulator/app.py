"""The offline Partner Center as a plain ASGI callable, embedded or served. It opens no socket."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from reconciler.emulator.answers import plain
from reconciler.emulator.asgi import (
    ConnectionDropped,
    live_through,
    read_request,
    send_answer,
    send_half,
)
from reconciler.emulator.control import PREFIX, is_loopback, steer
from reconciler.emulator.emulation import Emulator, open_emulator
from reconciler.emulator.world import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.emulator.asgi import Message, Receive, Send
    from reconciler.emulator.routing import Request
    from reconciler.emulator.spoiling import Broken

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
