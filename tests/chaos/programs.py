"""Runs the program in a project folder, and kills it at a moment; it judges nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.cli.project import clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random

STATE: Final = ".reconciler"
JOURNAL: Final = f"{STATE}/journal.jsonl"
OUTPUTS: Final = "outputs"
GLANCE: Final = 0.004
"""Seconds between two looks at the journal."""

MOST_LINES: Final = 9
"""Of the journal, that a kill waits for: what is settled one after another takes its time."""

OWN_END: Final = 300.0
"""Seconds after which a program that nobody kills has to have ended."""

KILLED: Final = -9


@dataclass(frozen=True, slots=True)
class Moment:
    """When to strike: `seconds` after the journal has grown by `lines`, or after the start.

    Killed, or left without its `stateDir`, as `git clean -fdx` leaves it.
    """

    lines: int
    seconds: float
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """What one process left. `code` is None where it had to be ended for going on too long."""

    code: int | None
    out: str
    err: str
    was_robbed: bool = False
    """Its `stateDir` was taken away."""

    @property
    def was_killed(self) -> bool:
        return self.code == KILLED

    @property
    def report(self) -> dict[str, Any] | None:
        return json.loads(self.out) if self.out.strip() else None


def draw_moment(random: Random, creates: int) -> Moment:
    """Spread kills over the life of a process, most of them about the sending of a create.

    The journal grows by one line as it begins, then by one before and one after each create; the
    longest wait is for the settling of what is doubtful.
    """
    if creates == 0 or random.random() < 0.3:
        return Moment(0, random.uniform(0.0, 0.8))
    longest = random.choice([0.0, 0.005, 0.05, 0.5, 0.5, 5.0])
    lines = random.randint(1, min(MOST_LINES, 1 + 2 * creates))
    # Only from one that has begun to write: who finds no journal has no creates to go on with.
    return Moment(lines, random.uniform(0.0, longest), takes_away=random.random() < 0.2)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Leave measuring out: it would slow every process down, and ends with those killed."""
    kept = clean_environment().items()
    return {name: value for name, value in kept if not name.startswith("COV")} | dict(extra or {})


@dataclass(slots=True)
class Programs:
    """The processes of one run; each leaves its outputs in files of its own."""

    folder: Path
    environ: Mapping[str, str]
    started: int = 0

    def run(self, *arguments: str, token: str, moment: Moment | None = None) -> Ended:
        self.started += 1
        out, err = (self._output(name) for name in ("out", "err"))
        grown = self._lines()
        with out.open("w") as to_out, err.open("w") as to_err:
            process = subprocess.Popen(
                [sys.executable, "-m", "reconciler", *arguments],
                cwd=self.folder,
                env=environment({**self.environ, "PARTNER_CENTER_ACCESS_TOKEN": token}),
                stdin=subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
            )
            code = self._end(process, grown, moment)
        robbed = self._put_back()
        told = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        return Ended(code, *told, was_robbed=robbed)

    def _output(self, name: str) -> Path:
        (self.folder / OUTPUTS).mkdir(exist_ok=True)
        return self.folder / OUTPUTS / f"{self.started:03}.{name}"

    def _end(
        self, process: subprocess.Popen[bytes], grown: int, moment: Moment | None
    ) -> int | None:
        if moment is not None and self._reached(process, grown + moment.lines):
            try:
                return process.wait(moment.seconds)
            except subprocess.TimeoutExpired:
                if not (moment.takes_away and self._take_away()):
                    process.kill()
        try:
            return process.wait(OWN_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def _take_away(self) -> bool:
        """Take the state away, but keep it: the next process has its journal again."""
        state = self.folder / STATE
        if state.exists():
            state.rename(self._taken)
        return self._taken.exists()

    def _put_back(self) -> bool:
        """Tell whether it was taken away."""
        if not self._taken.exists():
            return False
        shutil.rmtree(self.folder / STATE, ignore_errors=True)
        self._taken.rename(self.folder / STATE)
        return True

    @property
    def _taken(self) -> Path:
        return self.folder / "taken away"

    def _reached(self, process: subprocess.Popen[bytes], lines: int) -> bool:
        """Wait until the journal is so long; False where the program ended before."""
        give_up = time.monotonic() + OWN_END
        size = -1
        while process.poll() is None and time.monotonic() < give_up:
            if size != (size := self._size()) and self._lines() >= lines:
                return True
            time.sleep(GLANCE)
        return False

    def _size(self) -> int:
        try:
            return (self.folder / JOURNAL).stat().st_size
        except FileNotFoundError:
            return 0

    def _lines(self) -> int:
        try:
            return (self.folder / JOURNAL).read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0
