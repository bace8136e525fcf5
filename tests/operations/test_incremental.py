"""Plans on a snapshot: seven nights of an estate, faults on the way, and plans that ask nobody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.documents.snapshot_file import load_snapshot
from reconciler.model.audit import AuditRecord
from reconciler.model.errors import CallRefused, PlanRefused, Unavailable
from reconciler.model.plan import Scope
from reconciler.model.policy import Policy, SideCheck
from reconciler.model.state import CustomerId, DesiredState, LiveQualification
from reconciler.operations.incremental import (
    IncrementalRequest,
    plan_against,
    plan_incrementally,
)
from reconciler.operations.plan import plan
from tests.fake_partner_center import Admin, FakePartnerCenter, before, run_in
from tests.worlds import SKIP, SOE, customer, education

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.plan import PlanDocument
    from reconciler.operations.run import Run

FIRST_NIGHT: Final = datetime(2026, 3, 1, 2, tzinfo=UTC)
WEEK: Final = timedelta(days=7)
MANY: Final = 1000
APPROVED: Final = LiveQualification("Education", "Approved")
IN_REVIEW: Final = LiveQualification("Education", "InReview")
DENIED: Final = LiveQualification("Education", "Denied")


def id_of(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


@dataclass
class Estate:
    """Customers that are all declared as they are, and nights on which somebody changes one."""

    folder: Path
    count: int
    service: FakePartnerCenter = field(default_factory=FakePartnerCenter)
    night: int = 0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(self.count):
            self.service.put(id_of(number), APPROVED)
        self.desired = DesiredState(
            tuple(
                customer(education(), customer_id=id_of(number), name=f"c{number:05}")
                for number in range(self.count)
            )
        )

    @property
    def now(self) -> datetime:
        return FIRST_NIGHT + timedelta(days=self.night)

    @property
    def request(self) -> IncrementalRequest:
        return IncrementalRequest(self.folder / "snapshot.json", WEEK)

    def run(self) -> Run:
        admin = Admin()
        admin.lines = self.lines
        run = run_in(self.folder, self.service, SKIP, admin, concurrency=8)
        return replace(run, now=lambda: self.now)

    def changed(self, number: int, live: LiveQualification, *, recorded: bool) -> None:
        """Let somebody change a customer this evening; a record tells of it, or none does."""
        self.service.put(id_of(number), live)
        if recorded:
            operation = "update_customer_qualification"
            self.service.lists.records.append(
                AuditRecord(self.now, id_of(number), operation, "succeeded")
            )

    def sleep(self) -> tuple[PlanDocument, int]:
        """Plan tonight; the plan, and how many customers were read."""
        self.service.read_ids.clear()
        document = asyncio.run(plan_incrementally(self.desired, Scope(), self.run(), self.request))
        self.night += 1
        return document, len(self.service.read_ids)


def named(document: PlanDocument) -> set[str]:
    return {str(finding.name) for finding in document.plan.findings}


def test_seven_nights(tmp_path: Path) -> None:
    """What the log tells is found at once, what it misses within the week; a fifth is read."""
    estate = Estate(tmp_path, MANY)
    document, read = estate.sleep()
    assert read == MANY
    estate.changed(999, DENIED, recorded=False)
    estate.changed(998, LiveQualification("StateOwnedEntity"), recorded=True)
    found: dict[str, int] = {}
    reads = []
    for night in range(1, 8):
        document, read = estate.sleep()
        reads.append(read)
        for name in named(document):
            found.setdefault(name, night)
    assert found["c00998"] == 1
    assert found["c00999"] <= 7
    assert max(reads) <= MANY / 5
    full = asyncio.run(plan(estate.desired, Scope(), estate.run()))
    assert document.digest == full.digest
    assert document.plan.findings == full.plan.findings


def test_what_is_in_review_is_read_every_night(tmp_path: Path) -> None:
    """No record tells of Microsoft's decision."""
    estate = Estate(tmp_path, 100)
    estate.changed(99, IN_REVIEW, recorded=False)
    estate.sleep()
    estate.changed(99, DENIED, recorded=False)
    document, read = estate.sleep()
    assert "c00099" in named(document)
    assert read < 20


def test_who_could_not_be_read_is_read_the_next_night(tmp_path: Path) -> None:
    """No entry is kept of it, so that it is never taken for what it was."""
    estate = Estate(tmp_path, 20)
    estate.service.reads.extend([before(Unavailable("gone"))])
    document, _ = estate.sleep()
    assert not document.plan.complete
    snapshot = load_snapshot(estate.request.file, document.plan.target)
    assert len(snapshot.customers) == 19
    document, _ = estate.sleep()
    assert document.plan.complete


def test_without_audit_records_everybody_is_read(tmp_path: Path) -> None:
    """And it is said aloud, with the reason."""
    estate = Estate(tmp_path, 20)
    estate.sleep()
    estate.service.lists.error = CallRefused("403")
    document, read = estate.sleep()
    assert read == 20
    assert estate.lines == ["this is a full run: the audit records can't be had: 403"]
    assert document.plan.selection.incremental is not None
    assert document.plan.selection.incremental.kept == 0


def test_the_plan_says_what_was_not_read_now(tmp_path: Path) -> None:
    """Nobody takes it for a full one."""
    estate = Estate(tmp_path, 70)
    estate.sleep()
    incremental = estate.sleep()[0].plan.selection.incremental
    assert incremental is not None
    assert (incremental.read, incremental.kept) == (10, 60)
    assert incremental.oldest == FIRST_NIGHT


def test_against_a_snapshot_nobody_is_asked(tmp_path: Path) -> None:
    """The steps and their digest are those of the night; whom it lacks is unreadable."""
    estate = Estate(tmp_path, 3)
    estate.service.put(id_of(2), LiveQualification("None"))
    del estate.service.entries[id_of(2)]["Education"]
    night, _ = estate.sleep()
    calls = len(estate.service.read_ids)
    settings = estate.run().configuration
    document = plan_against(estate.request.file, estate.desired, Scope(), settings, estate.now)
    assert document.digest == night.digest
    assert len(document.plan.steps) == 1
    assert len(estate.service.read_ids) == calls
    against = document.plan.selection.against
    assert against is not None
    assert (against.file, against.oldest) == ("snapshot.json", FIRST_NIGHT)
    more = DesiredState((*estate.desired.customers, customer(SOE, customer_id=id_of(9), name="z")))
    document = plan_against(estate.request.file, more, Scope(), settings, estate.now)
    assert not document.plan.complete


def test_against_a_snapshot_side_checks_are_told_once(tmp_path: Path) -> None:
    """As what they are: not made, for nobody."""
    estate = Estate(tmp_path, 3)
    for number in range(3):
        estate.service.entries[id_of(number)].clear()
    estate.sleep()
    settings = replace(estate.run().configuration, policy=Policy(account_status=SideCheck.WARN))
    document = plan_against(estate.request.file, estate.desired, Scope(), settings, estate.now)
    told = [each.message for each in document.plan.findings if each.rule == "not-checked"]
    assert len(told) == len(set(told)) == 2
    assert all("asks the service nothing" in each for each in told)


def test_another_targets_snapshot_is_refused(tmp_path: Path) -> None:
    """Before anybody is read."""
    estate = Estate(tmp_path, 3)
    estate.sleep()
    settings = estate.run().configuration
    other = replace(settings.partner_center, emulator=None)
    with pytest.raises(PlanRefused):
        plan_against(
            estate.request.file,
            estate.desired,
            Scope(),
            replace(settings, partner_center=other),
            estate.now,
        )
