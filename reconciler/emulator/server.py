"""Serves the emulator over real HTTP on 127.0.0.1, and nowhere else."""

from __future__ import annotations

import signal
import socket
import struct
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from reconciler.emulator.app import HANG_UP, make_app
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from asyncio import Transport
    from collections.abc import Callable, Iterator
    from types import FrameType

    from starlette.types import Receive, Scope, Send
    from uvicorn import Server

    from reconciler.emulator.emulator import Emulator

HOST: Final = "127.0.0.1"
ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS: Final = 1
KEEP_ALIVE_SECONDS: Final = 75
"""Long, so that no client sends over a connection that is just being closed."""


def serve(emulator: Emulator, port: int, announce: Callable[[str], None]) -> int:
    """Serve until SIGINT or SIGTERM, and tell which; only for the main thread.

    `announce` gets the address once it accepts connections; port 0 takes a free one.
    Raise ConfigurationError where the port can't be taken.
    """
    with _ending_signals() as signals, serving(emulator, port) as address:
        announce(address)
        return signals.get()


@contextmanager
def serving(emulator: Emulator, port: int = 0, grace_seconds: int = GRACE_SECONDS) -> Iterator[str]:
    """Serve from a thread of its own, and give the address that accepts connections.

    At the end, calls under way have `grace_seconds`.
    """
    with _bound(port) as listener:
        ready = Event()
        server = _make_server(emulator, ready, grace_seconds)
        thread = Thread(target=_run, args=(server, listener, ready), name="emulator")
        thread.start()
        try:
            ready.wait()
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as failed:
        listener.close()
        raise ConfigurationError(
            f"port {port} of {HOST} can't be taken: {failed}",
            "name another port; 0 is any free one",
        ) from failed
    return listener


def _make_server(emulator: Emulator, ready: Event, grace_seconds: int) -> Server:
    from uvicorn import Config, Server  # noqa: PLC0415 - slow to import, and only serving needs it

    app = make_app(emulator)

    async def with_hang_up(scope: Scope, receive: Receive, send: Send) -> None:
        def hang_up(*, reset: bool) -> None:
            _hang_up(server, scope["client"], reset=reset)

        await app({**scope, "extensions": {HANG_UP: hang_up}}, receive, send)

    async def notify_ready() -> None:
        ready.set()

    config = Config(
        with_hang_up,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        callback_notify=notify_ready,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace_seconds,
    )
    server = Server(config)
    return server


def _hang_up(server: Server, client: tuple[str, int], *, reset: bool) -> None:
    """Close the client's connection, after what was sent; ASGI itself has no word for it."""
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415 - as above

    for connection in list(server.server_state.connections):
        if isinstance(connection, H11Protocol) and connection.client == client:
            _close(connection.transport, reset=reset)


def _close(transport: Transport, *, reset: bool) -> None:
    if reset:
        # A linger of zero seconds makes the system send RST instead of an orderly end.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.close()


def _run(server: Server, listener: socket.socket, ready: Event) -> None:
    try:
        server.run(sockets=[listener])
    finally:
        ready.set()


@contextmanager
def _ending_signals() -> Iterator[SimpleQueue[int]]:
    """Gather the signals instead of dying of them; a SimpleQueue is safe in a signal handler."""
    gathered: SimpleQueue[int] = SimpleQueue()

    def gather(number: int, _frame: FrameType | None) -> None:
        gathered.put(number)

    before = {number: signal.signal(number, gather) for number in ENDING_SIGNALS}
    try:
        yield gathered
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
