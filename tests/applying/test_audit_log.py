"""The audit log has who sent what and what came of it; a log in doubt is refused by name."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any, Final

import pytest

from reconciler.applying.audit_chain import Chain, follow_chain
from reconciler.applying.audit_log import AuditLog, RunIdentity
from reconciler.model.audit import Actor
from reconciler.model.errors import Answered, CallRefused, SignInFailed, StateError
from reconciler.model.plan import ApplyReport, Created, Outcome, Step, StepResult
from reconciler.model.state import LiveQualification, Qualification
from tests.fake_partner_center import DAWN, room_for
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP: Final = Step(CONTOSO, "contoso", Qualification.EDUCATION)
RUN: Final = RunIdentity(
    Actor("app+user", "ada@partner.example", "5f2a", "5d4b"),
    {"system": "GitHub Actions", "run": "https://github.com/o/r/actions/runs/1", "commit": "c0ff"},
    "sha256:1",
    "emulator",
)
NO: Final = CallRefused("a definite no", answered=Answered(400, "Invalid", "no", "c-1"))
YES: Final = Created(LiveQualification("Education", "InReview"), "c-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def post(path: Path) -> None:
    with AuditLog(path, RUN) as log:
        log.posting(DAWN, STEP, "id-1", "c-1")


def test_every_line_says_who_when_what_and_for_which_plan(path: Path) -> None:
    """Nothing has to be looked up in another line."""
    post(path)
    [line] = lines(path)
    assert line == {
        "number": 1,
        "previous": None,
        "event": "posting",
        "at": "2026-01-02T03:04:05Z",
        "who": {
            "signIn": "app+user",
            "user": "ada@partner.example",
            "application": "5f2a",
            "tenantId": "5d4b",
        },
        "ci": RUN.ci,
        "planDigest": "sha256:1",
        "address": "emulator",
        "customerId": CONTOSO,
        "name": "contoso",
        "call": f"POST /v1/customers/{CONTOSO}/qualifications",
        "qualification": "Education",
        "requestId": "id-1",
        "correlationId": "c-1",
        "hash": line["hash"],
    }


@pytest.mark.parametrize(
    ("answer", "told", "correlation_id"),
    [
        (YES, {"created": True, "vettingStatus": "InReview"}, "c-1"),
        (
            NO,
            {
                "created": False,
                "kind": "CallRefused",
                "status": 400,
                "code": "Invalid",
                "message": "a definite no",
            },
            "c-1",
        ),
        (
            SignInFailed("no way in"),
            {"created": False, "kind": "SignInFailed", "message": "no way in"},
            None,
        ),
    ],
)
def test_the_answer(
    path: Path,
    answer: Created | CallRefused | SignInFailed,
    told: dict[str, object],
    correlation_id: str | None,
) -> None:
    """What the service said, and the id that its support asks for."""
    with AuditLog(path, RUN) as log:
        log.answered(DAWN, STEP, "id-1", answer)
    [line] = lines(path)
    assert (line["answer"], line["correlationId"]) == (told, correlation_id)


def test_the_ending(path: Path) -> None:
    """How many of each outcome, and why the run was stopped."""
    result = StepResult(CONTOSO, "contoso", Qualification.EDUCATION, Outcome.UNKNOWN)
    with AuditLog(path, RUN) as log:
        log.ended(DAWN, ApplyReport("sha256:1", DAWN, DAWN, (result,)), "Ctrl-C")
    [line] = lines(path)
    assert (line["outcomes"], line["stopped"]) == ({"unknown": 1}, "Ctrl-C")


def test_the_next_run_goes_on_with_the_chain(path: Path) -> None:
    """A log is one chain, however many runs wrote it, for its owner alone."""
    post(path)
    post(path)
    assert follow_chain(path.read_bytes()) == Chain(2, lines(path)[1]["hash"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"ada@", b"eve@"))


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (edit, "can't be trusted: line 1 was edited"),
        (link, "links are not followed"),
        (pipe, "no regular file"),
        (folder, "no regular file"),
    ],
)
def test_a_log_in_doubt_is_refused(path: Path, harm: Callable[[Path], None], message: str) -> None:
    """Before anything is written to it."""
    post(path)
    harm(path)
    with pytest.raises(StateError, match=message):
        AuditLog(path, RUN)


def test_a_folder_that_is_not_there_is_refused(path: Path) -> None:
    """The folder is not made: it may be a mount that is missing."""
    with pytest.raises(StateError, match="can't be written: No such file"):
        AuditLog(path / "in" / "none", RUN)


@pytest.mark.parametrize("harm", [post, lambda path: path.unlink(), link])
def test_what_befalls_an_open_log_ends_the_run(path: Path, harm: Callable[[Path], object]) -> None:
    """Another writer, a removal, a replacement: nothing is appended to what isn't ours."""
    with AuditLog(path, RUN) as log:
        log.posting(DAWN, STEP, "id-1", "c-1")
        harm(path)
        with pytest.raises(StateError, match="can't be written"):
            log.posting(DAWN, STEP, "id-2", "c-2")


def test_a_full_disk_leaves_whole_lines(path: Path) -> None:
    """The line that has no room is taken back."""
    with AuditLog(path, RUN) as log:
        log.posting(DAWN, STEP, "id-1", "c-1")
        room = room_for(path.stat().st_size + 50)
        with room, pytest.raises(StateError, match="can't be written"):
            log.posting(DAWN, STEP, "id-2", "c-2")
    assert isinstance(follow_chain(path.read_bytes()), Chain)
