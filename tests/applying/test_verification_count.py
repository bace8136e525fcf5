"""Every verification of Education that the journal or an archive saw done counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.compaction import compact_journal
from reconciler.applying.journal import Journal
from reconciler.applying.journal_lines import Found
from reconciler.applying.verification_count import count_verifications
from reconciler.model.errors import JournalRefused
from reconciler.model.plan import Outcome, Step, Target
from reconciler.model.state import Qualification
from tests.worlds import CONTOSO, DENIED_ON, FABRIKAM

if TYPE_CHECKING:
    from pathlib import Path

AT: Final = datetime(2025, 12, 31, 23, 0, 0, tzinfo=UTC)
HERE: Final = Target("https://api.partnercenter.microsoft.com")
ELSEWHERE: Final = Target("emulator")
FIRST: Final = Step(CONTOSO, "contoso", Qualification.EDUCATION)
AGAIN: Final = Step(CONTOSO, "contoso", Qualification.EDUCATION, resubmit_denial_of=DENIED_ON)
SOE: Final = Step(CONTOSO, "contoso", Qualification.SOE)
OTHER: Final = Step(FABRIKAM, "fabrikam", Qualification.EDUCATION)


def post(
    folder: Path, step: Step, number: int, outcome: Outcome | None, target: Target = HERE
) -> None:
    at = AT + timedelta(hours=number)
    with Journal(folder / "journal.jsonl", f"run-{number}") as journal:
        journal.started(at, "sha256:1", target)
        journal.sending(at, step, f"id-{number}")
        journal.posting(at, f"id-{number}", f"C-{number}")
        if outcome is not None:
            journal.settled(at, f"id-{number}", outcome)


@pytest.mark.parametrize("compacted", [False, True])
def test_the_creates_that_were_done(tmp_path: Path, *, compacted: bool) -> None:
    """Of Education, of this target, with the ids of their POSTs; from both archives."""
    post(tmp_path, FIRST, 0, Outcome.CREATED)
    post(tmp_path, AGAIN, 2, Outcome.CREATED)
    post(tmp_path, SOE, 3, Outcome.CREATED)
    post(tmp_path, OTHER, 4, Outcome.REJECTED)
    post(tmp_path, OTHER, 5, Outcome.UNKNOWN)
    post(tmp_path, OTHER, 6, Outcome.CREATED, ELSEWHERE)
    if compacted:
        compact_journal(tmp_path / "journal.jsonl", AT + timedelta(days=2))
        assert len(list(tmp_path.glob("journal-*.jsonl"))) == 2
    assert count_verifications(tmp_path, HERE) == {
        CONTOSO: (frozenset({"c-0"}), frozenset({"c-2"}))
    }


@pytest.mark.parametrize(("found", "count"), [(Found.CREATED, 1), (Found.ABSENT, 0)])
def test_a_persons_word_counts(tmp_path: Path, found: Found, count: int) -> None:
    """What was seen in Partner Center was verified."""
    post(tmp_path, FIRST, 0, None)
    with Journal(tmp_path / "journal.jsonl", "run-9") as journal:
        journal.ruled(AT, "id-0", found, "Ada looked")
    assert len(count_verifications(tmp_path, HERE).get(CONTOSO, ())) == count


def test_what_the_audit_log_settled_counts(tmp_path: Path) -> None:
    """No read showed it, and it was verified all the same."""
    post(tmp_path, FIRST, 0, None)
    with Journal(tmp_path / "journal.jsonl", "run-9") as journal:
        journal.settled(AT, "id-0", Outcome.CREATED, "C-0")
    assert len(count_verifications(tmp_path, HERE)[CONTOSO]) == 1


def test_a_reset_emulator_forgets(tmp_path: Path) -> None:
    """What was created there is gone, and nothing of another service."""
    post(tmp_path, FIRST, 0, Outcome.CREATED, ELSEWHERE)
    post(tmp_path, OTHER, 1, Outcome.CREATED)
    with Journal(tmp_path / "journal.jsonl", "run-9") as journal:
        journal.reset(AT, ELSEWHERE)
    assert count_verifications(tmp_path, ELSEWHERE) == {}
    assert set(count_verifications(tmp_path, HERE)) == {FABRIKAM}


def test_no_journal_is_no_verification(tmp_path: Path) -> None:
    """A pull request's CI has none."""
    assert count_verifications(tmp_path / "none", HERE) == {}


def test_a_journal_in_doubt_is_refused(tmp_path: Path) -> None:
    """Whoever asks says that it could not be counted."""
    (tmp_path / "journal.jsonl").write_text("{}\n")
    with pytest.raises(JournalRefused):
        count_verifications(tmp_path, HERE)
