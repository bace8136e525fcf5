"""Whatever has become of stderr, a run does what it would have done, and ends as it would have."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.faulty import SOE, UNDER_HAND, declare, served
from tests.cli.project import Project
from tests.cli.test_interrupts import counted, running, slow, twelve, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLY: Final = ("apply", "--auto-approve", "--format", "json", "--report", "report.json", "-v")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@contextmanager
def alive() -> Iterator[int]:
    with open(os.devnull, "wb") as file:  # noqa: PTH123 - takes all
        yield file.fileno()


@contextmanager
def broken() -> Iterator[int]:
    """A pipe whose reader has gone: EPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def full() -> Iterator[int]:
    """A file on a full disk: ENOSPC."""
    with open("/dev/full", "wb") as file:  # noqa: PTH123 - a device
        yield file.fileno()


@contextmanager
def hung_up() -> Iterator[int]:
    """A terminal that was closed: EIO."""
    ours, theirs = pty.openpty()
    os.close(ours)
    yield theirs
    os.close(theirs)


@contextmanager
def blocked() -> Iterator[int]:
    """A pipe that is full to the brim, and nobody reads."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"." * 4096):
            pass
    os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


@contextmanager
def busy() -> Iterator[int]:
    """As `blocked`, and whoever shares the pipe made it non-blocking: EAGAIN."""
    with blocked() as writer:
        os.set_blocking(writer, False)
        yield writer


Kind = Callable[[], contextlib.AbstractContextManager[int]]
KINDS: Final[tuple[Kind, ...]] = (alive, broken, full, hung_up, blocked, busy)


@pytest.fixture
def stderr(request: pytest.FixtureRequest) -> Iterator[int]:
    make: Kind = request.param
    with make() as descriptor:
        yield descriptor


@pytest.mark.parametrize(
    ("stderr", "number", "code"),
    [*((kind, signal.SIGINT, 130) for kind in KINDS), (hung_up, signal.SIGHUP, 129)],
    indirect=["stderr"],
)
def test_a_stop_stops(project: Project, stderr: int, number: signal.Signals, code: int) -> None:
    """No new create is sent once the signal has come, and the report is written."""
    twelve(project)
    with served(project, [slow(0.8)]) as service:
        with running(project, *APPLY, stderr=stderr) as apply:
            wait_until(lambda: service.posted() == 1)
            apply.send_signal(number)
            out, _ = apply.communicate(timeout=UNDER_HAND)
        assert (service.posted(), service.created()) == (1, 1)
    assert apply.returncode == code
    assert counted(json.loads(out)) == {"created": 1, "not-attempted": 11}
    assert (project.folder / "report.json").read_text(encoding="utf-8") == out


@pytest.mark.parametrize("stderr", [broken, hung_up, blocked], indirect=True)
def test_a_second_signal_leaves(project: Project, stderr: int) -> None:
    """What is in flight is unknown then, and told so."""
    twelve(project)
    with served(project, [slow(6.0, after=1, times=4)]) as service:
        with running(project, *APPLY, stderr=stderr) as apply:
            wait_until(lambda: service.posted() == 5)
            apply.send_signal(signal.SIGINT)
            apply.send_signal(signal.SIGTERM)
            out, _ = apply.communicate(timeout=UNDER_HAND)
        assert (service.posted(), service.created()) == (5, 1)
    assert apply.returncode in (130, 143), "whichever of the two was first"
    assert counted(json.loads(out)) == {"created": 1, "not-attempted": 7, "unknown": 4}


@pytest.mark.parametrize("stderr", KINDS, indirect=True)
def test_a_log_that_can_not_be_written_ends_nothing(project: Project, stderr: int) -> None:
    """Every create is sent, once, and the exit code is that of a run which could log."""
    declare(project, {f"customer-{number}": [SOE] for number in range(4)})
    with served(project) as service, running(project, *APPLY, stderr=stderr) as apply:
        out, _ = apply.communicate(timeout=UNDER_HAND)
        assert service.posts_of(range(1, 5)) == [[1]] * 4
    assert apply.returncode == 0
    assert counted(json.loads(out)) == {"created": 4}


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_what_came_ignored_stays_ignored(project: Project, number: signal.Signals) -> None:
    """With `nohup`, a terminal that goes away ends nothing."""
    twelve(project)
    with (
        served(project, [slow(0.8)]) as service,
        running(project, *APPLY, ignoring=[number]) as apply,
    ):
        wait_until(lambda: service.posted() == 1)
        apply.send_signal(number)
        apply.communicate(timeout=UNDER_HAND)
        assert (apply.returncode, service.created()) == (0, 12)


SPEAKER: Final = """
import sys
from reconciler.cli.standard_error import drain_stderr, protect_stderr

protect_stderr()
for number in range(1000):
    print(f"line {number:0200}", file=sys.stderr)
print("all said", flush=True)
drain_stderr()
"""


def test_what_is_read_late_is_read_whole() -> None:
    """A reader that is only slow gets every line in order, although a pipe doesn't hold them."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", SPEAKER]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as speaker:
        assert speaker.stdout is not None
        assert speaker.stderr is not None
        assert speaker.stdout.readline() == "all said\n"
        assert speaker.stderr.read().splitlines() == [f"line {n:0200}" for n in range(1000)]
