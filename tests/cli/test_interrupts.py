"""Real processes cut short: Ctrl-C, SIGTERM, SIGKILL, a full disk; and two of them at once."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from reconciler.cli import Terminated
from reconciler.cli.interrupts import Interrupts, run_to_end
from tests.chaos.programs import environment
from tests.cli.faulty import CREATE, EDUCATION, GCC, READ, SOE, UNDER_HAND, Fault, declare, served
from tests.cli.project import Ended, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from pathlib import Path

    from tests.cli.warm import PipedFork

APPLY: Final = ("apply", "--auto-approve", "--format", "json")
REPORTED: Final = (*APPLY, "--report", "report.json")
FULL_AT: Final = 1500
"""Bytes of a file: room for the lines of a few creates."""

LIMITED: Final = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", "reconciler", *sys.argv[2:]])
"""
GLANCE: Final = 0.01
HASTE: Final = 6.0
"""Settling takes seconds: the program's time goes so many times as fast."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@contextmanager
def running(
    project: Project,
    *arguments: str,
    stderr: int | None = None,
    ignoring: Iterable[signal.Signals] = (),
) -> Iterator[PipedFork]:
    """Start the program, and kill it at the end, where it is still there."""
    with project.start(*arguments, stderr=stderr, ignoring=ignoring) as process:
        yield process


def wait_until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + UNDER_HAND
    while not happened():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(GLANCE)


def ended(process: PipedFork) -> Ended:
    out, err = process.communicate(timeout=UNDER_HAND)
    return Ended(process.wait(), out, err)


def counted(report: dict[str, Any]) -> dict[str, int]:
    """Count the outcomes, each as often as there are results of it."""
    outcomes = [each["outcome"] for each in report["results"]]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def slow(seconds: float, **more: object) -> Fault:
    return {"kind": "delay", "call": CREATE, "seconds": seconds, "effect": "before", **more}


def twelve(project: Project) -> None:
    """Declare twelve customers: with eight calls at once, some have to wait."""
    declare(project, {f"customer-{number}": [SOE] for number in range(12)})


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize(("quick", "posted"), [(0, 1), (1, 5)], ids=["first", "later"])
def test_once(project: Project, number: signal.Signals, code: int, quick: int, posted: int) -> None:
    """What is in flight is settled, nothing more is sent, and the report tells both."""
    twelve(project)
    with served(project, [slow(0.8, after=quick)]) as service, running(project, *REPORTED) as apply:
        wait_until(lambda: service.posted() == posted)
        apply.send_signal(number)
        cut = ended(apply)
        assert (service.posted(), service.created()) == (posted, posted)
    assert cut.code == code
    assert counted(cut.document) == {"created": posted, "not-attempted": 12 - posted}
    assert (project.folder / "report.json").read_text(encoding="utf-8") == cut.out
    assert "those in flight are settled" in cut.err


def test_twice(project: Project) -> None:
    """It leaves at once, with what is in flight as unknown; the next run settles it."""
    twelve(project)
    with served(project, [slow(5.0, after=1, times=4)]) as service:
        assert project.run("plan", "--out", "plan.json").code == 0
        with running(project, *REPORTED, "plan.json") as apply:
            wait_until(lambda: service.posted() == 5)
            apply.send_signal(signal.SIGINT)
            assert any("Ctrl-C: no new creates" in line for line in apply.stderr)
            apply.send_signal(signal.SIGINT)
            cut = ended(apply)
        assert service.created() == 1, "it was to leave before the service answers"
        wait_until(lambda: service.created() == 5)
        rest = project.run(*APPLY, "plan.json")
        assert (service.created(), service.posts_of(range(1, 13))) == (12, [[1]] * 12)
    assert cut.code == 130
    assert counted(cut.document) == {"created": 1, "not-attempted": 7, "unknown": 4}
    assert (project.folder / "report.json").read_text(encoding="utf-8") == cut.out
    assert rest.code == 0
    assert counted(rest.document) == {"already-present": 5, "created": 7}


@pytest.mark.parametrize("saved", [True, False], ids=["with-file", "without"])
@pytest.mark.parametrize("effect", ["before", "after"])
def test_killed_and_run_again(project: Project, effect: str, saved: bool) -> None:
    """SIGKILL between a create and its answer: the next run finishes, and repeats nothing."""
    twelve(project)
    file = ["plan.json"] if saved else []
    with served(project, [slow(0.8, effect=effect, after=1, times=4)]) as service:
        assert project.run("plan", "--out", "plan.json").code == 0
        with running(project, *APPLY, *file):
            wait_until(lambda: service.posted() == 5)
        rest = project.run(*APPLY, *file)
        assert (service.created(), service.posts_of(range(1, 13))) == (12, [[1]] * 12)
    assert rest.code == 0
    found = counted(rest.document)
    assert found.pop("created") == 7
    assert not saved or found == {"already-present": 5}


def test_killed_with_creates_that_never_arrived(project: Project) -> None:
    """The next run repeats one under its MS-RequestId; a GCC create is left to a person."""
    declare(project, {"county": [GCC, SOE], "utility": [SOE]})
    with served(project, [{"kind": "drop-before", "call": CREATE, "times": 2}]) as service:
        with running(project, *APPLY):
            wait_until(lambda: service.posted() == 2)
        rest = project.run(*APPLY, speed=HASTE)
        assert (service.posts_of([1, 2]), service.created()) == ([[1], [2]], 1)
    gcc, waiting, soe = rest.document["results"]
    assert (rest.code, soe["outcome"], waiting["outcome"]) == (1, "created", "not-attempted")
    assert (gcc["outcome"], "set it there by hand" in gcc["message"]) == ("unknown", True)


def test_a_full_disk(project: Project) -> None:
    """Nothing is sent that can't be journalled; the report tells all, and a next run finishes."""
    twelve(project)
    with served(project) as service:
        cut = subprocess.run(
            [sys.executable, "-c", LIMITED, str(FULL_AT), *APPLY],
            cwd=project.folder,
            env=environment(project.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=UNDER_HAND,
            check=False,
        )
        report = json.loads(cut.stdout)
        assert 0 < service.created() < 12
        assert counted(report).get("created") == service.created() == service.posted()
        rest = project.run(*APPLY)
        assert (rest.code, service.created(), service.posted()) == (0, 12, 12)
    assert cut.returncode == 1
    assert len(report["results"]) == 12
    assert "can't be written" in cut.stderr
    assert "make room, then run apply again: it resumes from the journal" in cut.stderr


def test_one_apply_at_a_time(project: Project) -> None:
    """The second is refused with the holder's process, host and start, and sends nothing."""
    declare(project, {"school": [EDUCATION]})
    with served(project, [slow(2.0)]) as service, running(project, *APPLY) as first:
        wait_until(lambda: service.posted() == 1)
        second = project.run(*APPLY)
        assert first.poll() is None, "the first was to be still at it"
        assert service.posted() == 1
        assert ended(first).code == 0
    assert (second.code, second.out) == (1, "")
    assert f"process {first.pid} on {socket.gethostname()}, started 20" in second.err
    assert "nothing was sent" in second.err


def test_a_second_apply_after_the_folder_was_cleaned_away(project: Project) -> None:
    """Cleaning takes the lock away: the first sends nothing more, and nobody is sent twice."""
    twelve(project)
    with served(project, [slow(0.8, after=1, times=4)]) as service, running(project, *APPLY) as one:
        wait_until(lambda: service.posted() == 5)
        for name in ("apply.lock", "apply.lock.json", "journal.jsonl"):  # not the emulator's own
            (project.folder / ".reconciler" / name).unlink()
        first = ended(one)
        assert service.posted() == 5
        second = project.run(*APPLY)
        assert (service.created(), service.posts_of(range(1, 13))) == (12, [[1]] * 12)
    assert first.code == 1
    assert counted(first.document) == {"created": 5, "not-attempted": 7}
    assert "removed or replaced while this apply was running" in first.err
    assert second.code == 0


def test_the_lock_ends_with_its_holder(project: Project) -> None:
    """A killed apply leaves no lock that somebody would have to remove."""
    declare(project, {"school": [EDUCATION]})
    with served(project, [slow(0.2, times=1)]) as service:
        with running(project, *APPLY):
            wait_until(lambda: service.posted() == 1)
        assert project.run(*APPLY).code == 0
        assert service.created() == 1


def kept(project: Project) -> dict[str, Any]:
    """The report as it stands."""
    path = project.folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"results": []}
    assert isinstance(report, dict)
    return report


def test_killed_with_a_report(project: Project) -> None:
    """SIGKILL leaves a report: what was in flight is unknown, the rest not attempted, no end."""
    twelve(project)
    in_flight = {"created": 1, "not-attempted": 7, "unknown": 4}
    with (
        served(project, [slow(UNDER_HAND, after=1)]) as service,
        running(project, *REPORTED) as apply,
    ):
        wait_until(lambda: service.posted() == 5)
        wait_until(lambda: counted(kept(project)) == in_flight)
        apply.kill()
        apply.wait()
    report = kept(project)
    assert report["finishedAt"] is None
    shown = project.run("show", "report.json")
    assert (shown.code, "not yet" in shown.out or "unknown" in shown.out) == (0, True)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_stopped_while_it_plans(project: Project, number: signal.Signals, code: int) -> None:
    """There is no plan then, so a report without results is written, and why is told."""
    declare(project, {"school": [EDUCATION]})
    reading = {"kind": "delay", "call": READ, "seconds": 4.0, "effect": "before"}
    with served(project, [reading]) as service, running(project, *REPORTED) as apply:
        wait_until(lambda: service.calls() == 1)
        apply.send_signal(number)
        cut = ended(apply)
        assert service.posted() == 0
    assert (cut.code, cut.document) == (code, kept(project))
    assert (cut.document["planDigest"], cut.document["results"]) == (None, [])
    assert "before there was a plan, so nothing was sent" in cut.err


def test_terminated_with_the_last_answer() -> None:
    """The signal counts where there is nothing left to unwind."""

    async def terminate_itself() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return "whole"

    with pytest.raises(Terminated):
        run_to_end(terminate_itself())


@pytest.mark.parametrize("run", [run_to_end, Interrupts().run], ids=["reading", "applying"])
def test_work_that_never_began_is_closed(run: Callable[[Coroutine[Any, Any, str]], str]) -> None:
    """A signal can come as early as that, and Python would warn of a coroutine left behind."""

    async def do_nothing() -> str:
        return "nothing"

    async def run_within(work: Coroutine[Any, Any, str]) -> None:
        with pytest.raises(RuntimeError, match="running event loop"):
            run(work)

    work = do_nothing()
    asyncio.run(run_within(work))
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
