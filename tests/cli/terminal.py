"""Runs the program on a pseudo-terminal, as a person sits at one."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.cli.project import clean_environment
from tests.cli.warm import WarmFork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.project import Project

CTRL_C = "\x03"
CTRL_D = "\x04"


@dataclass(slots=True)
class Terminal:
    """What a program on a terminal has shown so far, and the keys to press."""

    process: WarmFork
    descriptor: int
    shown: str = ""
    _raw: bytes = field(default=b"")

    def press(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Read until `text` is shown; AssertionError where it isn't in time."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert self._read(end - time.monotonic()), f"{text!r} was not shown: {self.shown}"

    def finish(self, seconds: float = 30) -> int:
        """Read to the end, and give the exit code."""
        end = time.monotonic() + seconds
        while self._read(end - time.monotonic()):
            pass
        return self.process.wait(timeout=max(end - time.monotonic(), 1))

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.descriptor], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            chunk = os.read(self.descriptor, 65536)
        except OSError:  # Linux says so where the last writer has gone
            return False
        self._raw += chunk
        self.shown = self._raw.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@contextlib.contextmanager
def on_terminal(project: Project, *arguments: str, stdout: int | None = None) -> Iterator[Terminal]:
    """Run the program with a terminal of its own; `stdout` may be redirected elsewhere."""
    ours, theirs = pty.openpty()
    streams = [theirs, theirs if stdout is None else stdout, theirs]
    environ = clean_environment() | {"TERM": "xterm-256color", "COLUMNS": "100"} | project.environ
    try:
        with WarmFork(arguments, project.folder, environ, streams, terminal=True) as process:
            os.close(theirs)
            yield Terminal(process, ours)
    finally:
        os.close(ours)
