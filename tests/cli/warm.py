"""Runs the program in a fork of a process that has imported it: as apart as a new one, and quick.

Starting Python and importing takes most of a short run's time. `tests.cli.warm_process` waits with
everything imported and forks for each command line.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


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
    with tempfile.TemporaryFile() as typed, _text() as out, _text() as err:
        typed.write(stdin.encode())
        typed.seek(0)
        streams = [typed.fileno(), out.fileno(), err.fileno()]
        with WarmFork(arguments, folder, environ, streams, speed=speed) as fork:
            code = fork.wait(timeout)
        return code, _written(out), _written(err)


def _written(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


def _text() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="")


class WarmFork:
    """A run of the program, with streams of the caller's. It is killed where it outlives `with`."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        streams: Sequence[int],
        **more: object,
    ) -> None:
        named = {"arguments": list(arguments), "folder": str(folder), "environ": dict(environ)}
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_warm_process())
        socket.send_fds(self._connection, [json.dumps(named | more).encode() + b"\n"], streams)
        self.pid = self._read_number()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()

    def _read_number(self) -> int:
        """Read one line, and no byte of the next: what is buffered here, `select` doesn't see."""
        line = b""
        while not line.endswith(b"\n"):
            line += self._connection.recv(1)
        return int(line)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise TimeoutError
            self.returncode = self._read_number()
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class PipedFork(WarmFork):
    """One whose stdout is a pipe, and stderr too where no descriptor is given for it."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        *,
        stderr: int | None = None,
        ignoring: Iterable[signal.Signals] = (),
    ) -> None:
        self.stdout, out = _pipe()
        self.stderr, err = _pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        streams = [nothing, out, err if stderr is None else stderr]
        try:
            super().__init__(arguments, folder, environ, streams, ignoring=list(ignoring))
        finally:
            for descriptor in (nothing, out, err):
                os.close(descriptor)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._close()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read both streams to their end, and wait for the program's."""
        texts = dict.fromkeys((self.stdout, self.stderr), "")

        def read(stream: IO[str]) -> None:
            texts[stream] = stream.read()

        threads = [threading.Thread(target=read, args=[each], daemon=True) for each in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
            if thread.is_alive():
                raise TimeoutError
        self.wait(timeout)
        self._close()
        return texts[self.stdout], texts[self.stderr]

    def _close(self) -> None:
        self.stdout.close()
        self.stderr.close()


def _pipe() -> tuple[IO[str], int]:
    reader, writer = os.pipe()
    return os.fdopen(reader, encoding="utf-8"), writer


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


ENDING: Final = contextlib.ExitStack()
"""Ends the process that forks, once for all tests: what it tells of coverage is wanted then."""


@functools.cache
def _warm_process() -> str:
    """Start the process that forks, once for each process of tests."""
    address = str(Path(ENDING.enter_context(tempfile.TemporaryDirectory()), "socket"))
    command = [sys.executable, "-m", "tests.cli.warm_process", address]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2])
    ENDING.callback(process.communicate)
    assert process.stdout is not None
    process.stdout.readline()
    return address
