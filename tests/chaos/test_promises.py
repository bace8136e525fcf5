"""The judges of the chaos runs are judged: each broken promise is seen, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.chaos.programs import Ended
from tests.chaos.promises import Applied, broken_by, broken_in_journal, files_with_secrets
from tests.chaos.service import Truth

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.service import Counts

CONTOSO: Final = "contoso-id"
EDUCATION: Final = "Education"
SHOWN: Final = "To create:\n\n  + contoso  Education (K12)  customers/all.yaml:1:1\n\nDigest: x\n"
CREATED: Final[Counts] = {CONTOSO: {EDUCATION: 1}}


def truth(creates: Counts | None = None, posts: int = 1) -> Truth:
    held = [{"qualification": EDUCATION}] if creates else []
    return Truth({CONTOSO: held}, creates or {}, {CONTOSO: {EDUCATION: {"id": posts}}})


def result(outcome: str, message: str | None = None) -> dict[str, Any]:
    told = {"customerId": CONTOSO, "name": "contoso", "qualification": EDUCATION}
    return told | {"outcome": outcome, "message": message}


def applied(code: int, *results: dict[str, Any], creates: Counts | None = None) -> Applied:
    ended = Ended(code, json.dumps({"results": results}), SHOWN)
    return Applied(ended, truth(posts=0), truth(creates), from_file=False, alone=True)


def broken(what: Applied) -> list[str]:
    return list(broken_by(what, {CONTOSO: "contoso"}))


FINE: Final = applied(0, result("created"), creates=CREATED)


@pytest.mark.parametrize(
    "fine",
    [
        FINE,
        applied(1, result("rejected", "no")),
        applied(1, result("unknown", "who knows"), creates=CREATED),
        replace(FINE, before=truth(CREATED)),
    ],
    ids=["created", "rejected", "unknown", "there before"],
)
def test_what_is_true_breaks_nothing(fine: Applied) -> None:
    """A report that tells what is so passes."""
    assert broken(fine) == []


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (applied(0, result("created")), "isn't there"),
        (applied(0, result("already-present")), "isn't there"),
        (applied(1, result("rejected", "no"), creates=CREATED), "but was created"),
        (applied(1, result("not-attempted", "no"), creates=CREATED), "but was created"),
        (applied(1, result("not-attempted")), "without a reason"),
        (applied(0, result("rejected", "no")), "not every step was done"),
        (applied(0), "the plan has the steps"),
        (applied(0, *[result("created")] * 2, creates=CREATED), "the plan has the steps"),
        (replace(FINE, after=truth(CREATED, posts=9)), "posted 9 times"),
        (replace(FINE, ended=Ended(None, "", "")), "apply ended in None"),
        (replace(FINE, ended=Ended(1, "", SHOWN)), "wrote no report"),
        (replace(FINE, ended=Ended(1, "", "error: 401")), "the report doesn't say so"),
        (replace(FINE, ended=replace(FINE.ended, err="Traceback")), "Traceback"),
    ],
)
def test_what_is_untrue_is_seen(what: Applied, told: str) -> None:
    """Each way for a report to be false or missing is told."""
    assert any(told in each for each in broken(what)), broken(what)


def journal(*events: tuple[str, str, str]) -> list[str]:
    """Lines of `sending` (customer, request id) and `settled` (request id, outcome)."""
    sent = {"qualification": EDUCATION, "denial": None}
    return [
        json.dumps(
            {"event": "sending", "customerId": one, "requestId": two, **sent}
            if event == "sending"
            else {"event": "settled", "requestId": one, "outcome": two}
        )
        for event, one, two in events
    ]


@pytest.mark.parametrize(
    ("outcome", "breaks"),
    [("rejected", False), ("not-attempted", False), ("unknown", True), ("created", True)],
)
def test_a_new_request_id_needs_a_definite_end(outcome: str, breaks: bool) -> None:
    """Only after a no, or after nothing was sent, may a create go out under another id."""
    events = [("sending", CONTOSO, "A"), ("settled", "A", outcome), ("sending", CONTOSO, "B")]
    assert bool(list(broken_in_journal(journal(*events), {"A", "B"}))) is breaks


def test_an_unjournalled_create_is_seen() -> None:
    """Whatever was posted has its line."""
    lines = journal(("sending", CONTOSO, "A"))
    assert list(broken_in_journal(lines, {"A"})) == []
    assert "isn't in the journal" in next(broken_in_journal(lines, {"A", "B"}))


def test_a_secret_in_a_file_is_seen(tmp_path: Path) -> None:
    """In any file below the folder."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.json").write_text('{"code": "hidden-1"}', encoding="utf-8")
    assert list(files_with_secrets(tmp_path, ["hidden-2"])) == []
    assert len(list(files_with_secrets(tmp_path, ["hidden-2", "hidden-1"]))) == 1
