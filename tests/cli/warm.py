"""Runs the program in a fork of a process that has imported it: as apart as a new one, and quick.

Starting Python and importing takes most of a short run's time. `python -m tests.cli.warm SOCKET`
waits with everything imported and forks for each command line; `run_warm` asks it. The child has
its own folder, environment and standard streams, as a new process has.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import importlib
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NoReturn

from reconciler.cli import run
from reconciler.cli.program import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def run_warm(  # noqa: PLR0913 - a process has this many parts
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    stdin: str,
    timeout: float,
    *,
    speed: float = 1,
) -> tuple[int, str, str]:
    """Run one command line; its exit code, stdout and stderr. TimeoutError after `timeout`."""
    asked = {
        "arguments": list(arguments),
        "folder": str(folder),
        "environ": dict(environ),
        "speed": speed,
    }
    with tempfile.TemporaryFile() as typed, _text() as out, _text() as err:
        typed.write(stdin.encode())
        typed.seek(0)
        streams = [typed.fileno(), out.fileno(), err.fileno()]
        code = _ask(json.dumps(asked).encode() + b"\n", streams, timeout)
        return code, _written(out), _written(err)


def _written(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


def _text() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="")


def _ask(asked: bytes, streams: list[int], timeout: float) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(_warm_process())
        socket.send_fds(connection, [asked], streams)
        answers = connection.makefile()
        process = int(answers.readline())
        try:
            return int(answers.readline())
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise


PROGRAM: Final = """#!{python} -SEI
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
asked = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environ": dict(os.environ)}}
socket.send_fds(connection, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
answers = connection.makefile()
answers.readline()
code = int(answers.readline())
sys.exit(code if code >= 0 else 128 - code)
"""


def path_to_warm_program(folder: Path) -> str:
    """Write a `reconciler` into `folder` for scripts to call by name; the PATH that finds it."""
    program = folder / "reconciler"
    program.write_text(PROGRAM.format(python=sys.executable, address=_warm_process()))
    program.chmod(0o755)
    return os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])


@functools.cache
def _warm_process() -> str:
    """Start the process that forks, once for each process of tests; it ends with this one."""
    folder = tempfile.TemporaryDirectory()
    address = str(Path(folder.name, "socket"))
    command = [sys.executable, "-m", "tests.cli.warm", address]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2])
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def main() -> None:
    for name in (
        *(f"reconciler.cli.{module.partition(':')[0]}" for module, _ in COMMANDS.values()),
        *LATE,
    ):
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                _serve(connection)
            connection.close()
            _reap()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _serve(connection: socket.socket) -> NoReturn:
    """Fork once more, to tell how that one ended."""
    told, streams = _receive(connection)
    asked = json.loads(told)
    process = os.fork()
    if process == 0:
        connection.close()
        _become(asked["folder"], asked["environ"], streams)
        asyncio.set_event_loop_policy(_HastyPolicy(asked.get("speed", 1)))
        os._exit(_run(asked["arguments"]))
    connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    told, streams, _, _ = socket.recv_fds(connection, 65536, 3)
    while not told.endswith(b"\n"):
        told += connection.recv(65536)
    return told, streams


def _become(folder: str, environ: Mapping[str, str], streams: Sequence[int]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python's own
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


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


def _run(arguments: Sequence[str]) -> int:
    try:
        code = run(arguments)
    except BaseException:  # noqa: BLE001 - what Python does at the top: it shows, and ends in 1
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return code


if __name__ == "__main__":
    main()
