"""A reader of stdout who hangs: everything is done and saved, and a stop ends the process."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.standard_output import write_document
from tests.cli.faulty import SOE, UNDER_HAND, declare, served
from tests.cli.project import Project, clean_environment
from tests.cli.test_interrupts import GLANCE, REPORTED, slow, wait_until
from tests.cli.test_standard_error import blocked
from tests.cli.warm import WarmFork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    declare(project, {name: [SOE] for name in ("one", "two", "three")})
    return project


@contextmanager
def unread(project: Project, *arguments: str) -> Iterator[WarmFork]:
    """Run the program with a stdout that takes nothing."""
    environ = clean_environment() | project.environ
    nothing = os.open(os.devnull, os.O_RDWR)
    with (
        blocked() as stdout,
        WarmFork(arguments, project.folder, environ, [nothing, stdout, nothing]) as process,
    ):
        yield process
    os.close(nothing)


def saved(project: Project) -> dict[str, object]:
    path = project.folder / "report.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_after_everything_was_sent(project: Project, number: signal.Signals) -> None:
    """The report file is whole before stdout is tried, and the process ends at the signal."""
    with served(project) as service, unread(project, *REPORTED) as apply:
        wait_until(lambda: bool(saved(project).get("finishedAt")))
        os.kill(apply.pid, number)
        assert apply.wait(UNDER_HAND) == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
        assert service.created() == 3


def test_a_stop_while_creates_are_sent(project: Project) -> None:
    """Nobody reads the report then: it is given up, and the exit code is the signal's."""
    with served(project, [slow(0.8)]) as service, unread(project, *REPORTED) as apply:
        wait_until(lambda: service.posted() == 1)
        os.kill(apply.pid, signal.SIGTERM)
        assert apply.wait(UNDER_HAND) == 143
        assert (service.posted(), service.created()) == (1, 1)
    assert saved(project)["finishedAt"] is not None


def test_a_stop_while_a_plan_is_printed(project: Project) -> None:
    """No command outlives SIGTERM for the sake of a document."""
    with served(project), unread(project, "plan", "--out", "plan.json") as plan:
        wait_until((project.folder / "plan.json").exists)
        os.kill(plan.pid, signal.SIGTERM)
        assert plan.wait(UNDER_HAND) == 143


class Stopped(Exception):
    """What a signal's handler raises in the main thread."""


def test_a_signal_that_another_thread_received() -> None:
    """The system may hand a process's signal to any thread; the one that waits isn't woken then."""

    def stop(*_: object) -> None:
        raise Stopped

    def receive() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    def write() -> None:
        threading.Timer(GLANCE, receive).start()
        write_document("for nobody", UNDER_HAND)

    before = signal.signal(signal.SIGUSR1, stop)
    began = time.monotonic()
    with (
        blocked() as full,
        open(full, "w", closefd=False) as stdout,
        redirect_stdout(stdout),
        pytest.raises(Stopped),
    ):
        write()
    assert time.monotonic() - began < UNDER_HAND
    signal.signal(signal.SIGUSR1, before)
