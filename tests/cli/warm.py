"""Runs the program in a fork of a process that has imported it: as apart as a new one, and quick.

Starting Python and importing takes most of a short run's time. `python -m tests.cli.warm SOCKET`
waits with everything imported and forks for each command line; `run_warm` asks it. The child has
its own folder, environment and standard streams, which are files, as for a new process.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from reconciler.cli import run
from reconciler.cli.program import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LATE: Final = (
    "reconciler.emulator.app",
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


def run_warm(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], stdin: str, timeout: float
) -> tuple[int, str, str]:
    """Run one command line; its exit code, stdout and stderr. TimeoutError after `timeout`."""
    with tempfile.TemporaryDirectory() as streams:
        Path(streams, "0").write_text(stdin, encoding="utf-8")
        asked = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environ": dict(environ),
            "streams": streams,
        }
        code = _ask(json.dumps(asked).encode() + b"\n", timeout)
        out, err = (Path(streams, name).read_text(encoding="utf-8") for name in "12")
        return code, out, err


def _ask(asked: bytes, timeout: float) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(_warm_process())
        connection.sendall(asked)
        answers = connection.makefile()
        process = int(answers.readline())
        try:
            return int(answers.readline())
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise


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
    asked = json.loads(connection.makefile().readline())
    process = os.fork()
    if process == 0:
        connection.close()
        _become(asked["folder"], asked["environ"], Path(asked["streams"]))
        os._exit(_run(asked["arguments"]))
    connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(folder: str, environ: Mapping[str, str], streams: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        opened = os.open(streams / str(number), flags | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python's own
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


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
