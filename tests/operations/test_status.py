"""The verb `status`: what it reads, and how gently it waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import Unavailable
from reconciler.model.policy import Policy
from reconciler.model.state import DesiredState, LiveQualification, VettingStatus
from reconciler.operations.status import WaitLimits, status, wait_until_decided
from tests.fake_partner_center import Admin, FakePartnerCenter, before, run_in
from tests.worlds import CONTOSO, FABRIKAM, customer, education

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.status import StatusReport

IN_REVIEW: Final = LiveQualification("Education", "InReview")
DESIRED: Final = DesiredState((customer(education()),))


class Hours:
    """A clock that only sleeping moves; `at` does something once that many seconds have gone."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.decisions: list[tuple[float, VettingStatus]] = []

    def waiting(self, service: FakePartnerCenter, timeout: float | None = None) -> WaitLimits:
        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            self.seconds += seconds
            while self.decisions and self.decisions[0][0] <= self.seconds:
                service.vet(CONTOSO, "Education", self.decisions.pop(0)[1])

        return WaitLimits(timeout, lambda: self.seconds, sleep)


def waited(
    folder: Path, hours: Hours, service: FakePartnerCenter, timeout: float | None = None
) -> tuple[StatusReport, int, list[str]]:
    admin = Admin()
    run = run_in(folder, service, Policy(), admin)
    waiting = hours.waiting(service, timeout)
    report, code = asyncio.run(wait_until_decided(DESIRED, run, waiting))
    return report, code, admin.lines


def in_review() -> FakePartnerCenter:
    service = FakePartnerCenter()
    service.put(CONTOSO, IN_REVIEW)
    return service


def test_an_unreadable_customer_is_told_and_never_empty(tmp_path: Path) -> None:
    """One customer that can't be read hides no other."""
    service = FakePartnerCenter()
    service.put(CONTOSO, LiveQualification("StateOwnedEntity"))
    desired = DesiredState(
        (customer(education()), customer(education(), customer_id=FABRIKAM, name="b"))
    )
    run = run_in(tmp_path, service, Policy(), Admin())
    report = asyncio.run(status(desired, run))
    told = {each.customer_id: type(each.live).__name__ for each in report.customers}
    assert told == {CONTOSO: "LiveCustomer", FABRIKAM: "UnreadableCustomer"}


def test_it_waits_until_all_is_approved(tmp_path: Path) -> None:
    """The pauses grow from a minute to fifteen, each change is told once, and it ends in 0."""
    hours, service = Hours(), in_review()
    hours.decisions = [(5000, VettingStatus.APPROVED)]
    report, code, lines = waited(tmp_path, hours, service)
    assert code == 0
    assert report.customers[0].qualifications[0].vetting_status == "Approved"
    assert hours.pauses == sorted(hours.pauses)
    assert (hours.pauses[0], hours.pauses[-1]) == (60, 900)
    assert lines == ["contoso Education: InReview -> Approved"]


def test_a_denial_ends_it_in_3(tmp_path: Path) -> None:
    """A decision against is a decision, too."""
    hours, service = Hours(), in_review()
    hours.decisions = [(61, VettingStatus.DENIED)]
    assert waited(tmp_path, hours, service)[1] == 3


def test_a_customer_that_can_not_be_read_ends_it_in_1(tmp_path: Path) -> None:
    """Nobody knows whether anything of it is in review."""
    assert waited(tmp_path, Hours(), FakePartnerCenter())[1] == 1


def test_it_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    """The time-out is kept to the second, ends in 1, and says so."""
    hours = Hours()
    _, code, lines = waited(tmp_path, hours, in_review(), timeout=100)
    assert (code, hours.seconds) == (1, 100)
    assert "the time is over" in lines[-1]


def test_a_read_that_fails_in_between_changes_nothing(tmp_path: Path) -> None:
    """What can't be read this time is asked again; it is not told as a change."""
    hours, service = Hours(), in_review()
    service.reads.extend([None, before(Unavailable("gone"))])
    hours.decisions = [(500, VettingStatus.APPROVED)]
    _, code, lines = waited(tmp_path, hours, service)
    assert (code, len(lines)) == (0, 1)
