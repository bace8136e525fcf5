"""The process that has imported the program, and forks for each command line that it is handed.

`python -m tests.cli.warm_process SOCKET` is started and asked by `tests.cli.warm`. The child has
its own folder, environment, standard streams, ignored signals and terminal, as a new process has.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import fcntl
import importlib
import json
import os
import select
import selectors
import signal
import socket
import sys
import termios
import traceback
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from reconciler.cli import run
from reconciler.cli.commands import COMMANDS
from tests.cli import warm_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

LATE: Final = (
    "reconciler.emulator.embedding",
    "reconciler.emulator.emulator",
    "reconciler.emulator.server",
    "reconciler.partner_center.sign_in.token_source",
    "reconciler.partner_center.sign_in.http_auth",
    "reconciler.partner_center.sign_in.login_cache",
    "uvicorn",
    "deepdiff",
    "jinja2",
    "msal",
)
"""What the program imports when it first wants it."""


READ_AT_ONCE: Final = 65536


def main() -> None:
    for name in (
        *(f"reconciler.cli.{module.partition(':')[0]}" for module, _ in COMMANDS.values()),
        *LATE,
    ):
        importlib.import_module(name)
    _build(BaseModel)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("ready", flush=True)
        _serve(listener)


def _build(model: type[BaseModel]) -> None:
    """Build what is built when it is first used: else each fork would do it anew."""
    for each in model.__subclasses__():
        each.model_rebuild(raise_errors=False)
        _build(each)


def _serve(listener: socket.socket) -> None:
    """Fork for each that connects, and tell how it ended, until stdin does."""
    forks: list[_Fork] = []
    while True:
        ready = select.select([listener, sys.stdin, *forks], [], [])[0]
        if sys.stdin in ready:
            return
        forks = [fork for fork in forks if fork not in ready or not fork.has_ended()]
        if listener in ready:
            forks.append(_Fork(listener.accept()[0]))


class _Fork:
    """One run, and a pipe that is at its end when the run is."""

    def __init__(self, connection: socket.socket) -> None:
        text, streams = _receive(connection)
        self._connection = connection
        self._reader, writer = os.pipe()
        self._executed = b""
        self._pid = os.fork()
        if self._pid == 0:
            connection.close()
            warm_coverage.begin()
            code = _run(json.loads(text), streams)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(warm_coverage.executed())
            os._exit(code)
        for descriptor in (writer, *streams):  # else a reader would see no end
            os.close(descriptor)
        self._tell(self._pid)

    def fileno(self) -> int:
        return self._reader

    def has_ended(self) -> bool:
        """Read on; at the end, wait for the process and tell its exit code."""
        if piece := os.read(self._reader, READ_AT_ONCE):
            self._executed += piece
            return False
        os.close(self._reader)
        _, status = os.waitpid(self._pid, 0)
        warm_coverage.add_executed(self._executed)
        self._tell(os.waitstatus_to_exitcode(status))
        self._connection.close()
        return True

    def _tell(self, number: int) -> None:
        with contextlib.suppress(BrokenPipeError):  # whoever asked may have gone
            self._connection.sendall(f"{number}\n".encode())


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    text, streams, _, _ = socket.recv_fds(connection, READ_AT_ONCE, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(READ_AT_ONCE)
    return text, streams


def _become(order: dict[str, Any], streams: Sequence[int]) -> None:
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    for number in order.get("ignoring", []):
        signal.signal(number, signal.SIG_IGN)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if order.get("terminal"):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python's own
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    if os.environ.get("PYTHONFAULTHANDLER"):  # which a new process looks at when it starts
        faulthandler.enable()


class _HastySelector(selectors.DefaultSelector):
    speed = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self.speed)


class _HastyLoop(asyncio.SelectorEventLoop):
    """Waits a fraction of what it is asked to, and takes it for the whole."""

    def __init__(self, speed: float) -> None:
        selector = _HastySelector()
        selector.speed = speed
        self._speed = speed
        super().__init__(selector)

    def time(self) -> float:
        return super().time() * self._speed


class _HastyPolicy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _HastyLoop(self._speed)


def _run(order: dict[str, Any], streams: Sequence[int]) -> int:
    _become(order, streams)
    asyncio.set_event_loop_policy(_HastyPolicy(order.get("speed", 1)))
    try:
        code = run(order["arguments"])
    except BaseException:  # noqa: BLE001 - what Python does at the top: it shows, and ends in 1
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return code


if __name__ == "__main__":
    main()
