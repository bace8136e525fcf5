"""Which customers of a snapshot are read anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from reconciler.model.audit import AuditRecord
from reconciler.model.policy import Policy
from reconciler.model.snapshot import Reading, Snapshot
from reconciler.model.state import CustomerId, DesiredState
from reconciler.planning.refreshing import customers_to_refresh, share_to_refresh
from tests.worlds import CONTOSO, FABRIKAM, SOE, TARGET, customer, denied, education, live

NOW: Final = datetime(2026, 3, 10, tzinfo=UTC)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


def refreshed(
    state: object, *entries: object, read_at: datetime = NOW, records: object = ()
) -> bool:
    desired = DesiredState((customer(*entries),))  # type: ignore[arg-type]
    snapshot = Snapshot(TARGET, {CONTOSO: Reading(read_at, state)})  # type: ignore[arg-type]
    return CONTOSO in customers_to_refresh(desired, snapshot, records, Policy())  # type: ignore[arg-type]


def record(at: datetime | None, operation: str = "update_customer_qualification") -> AuditRecord:
    return AuditRecord(at, CONTOSO, operation, "succeeded")


@pytest.mark.parametrize(
    ("state", "anew"),
    [
        (live("Education Approved"), False),
        (live(denied()), False),
        (live("StateOwnedEntity"), False),
        (live(), False),
        (live("Education InReview"), True),
        (live("Education OnHold"), True),
    ],
)
def test_what_is_not_settled_is_read(state: object, *, anew: bool) -> None:
    """Approved, Denied and no vetting stay; whatever else may be decided any day."""
    assert refreshed(state, *([] if state != live("StateOwnedEntity") else [SOE])) is anew


@pytest.mark.parametrize(
    ("found", "anew"),
    [
        (record(NOW), True),
        (record(NOW - timedelta(hours=23)), True),
        (record(NOW - timedelta(hours=25)), False),
        (record(None), True),
        (record(NOW, "add_customer"), False),
        (replace(record(NOW), customer_id=FABRIKAM), False),
        (replace(record(NOW), customer_id=None), False),
    ],
)
def test_an_audit_record_since_the_reading(found: AuditRecord, *, anew: bool) -> None:
    """Less a day, as the log has days; only this customer's that set qualifications count."""
    assert refreshed(live(), records=[found]) is anew


def test_whoever_has_a_step_is_read() -> None:
    """A step is always decided on what is live now."""
    assert refreshed(live(), education())
    assert not refreshed(live("Education Approved"), education())


def test_whom_the_snapshot_lacks_is_read() -> None:
    """A new customer, or one that could not be read."""
    desired = DesiredState((customer(SOE, customer_id=FABRIKAM),))
    empty = Snapshot(TARGET, {})
    assert customers_to_refresh(desired, empty, (), Policy()) == {FABRIKAM}


def kept(count: int, age: timedelta) -> dict[CustomerId, Reading]:
    return {
        CustomerId(f"{n:08}"): Reading(NOW - age + timedelta(seconds=n), live())
        for n in range(count)
    }


def test_the_share_is_the_oldest() -> None:
    """One seventh a night for seven days, rounded up."""
    assert share_to_refresh(kept(10, DAY), 10, WEEK, NOW) == {"00000000", "00000001"}


def test_nobody_stays_unread_for_longer() -> None:
    """Whoever would be too old tomorrow night is read, whatever the share."""
    assert len(share_to_refresh(kept(10, WEEK), 10, WEEK, NOW)) == 10


def test_whoever_is_in_time_tomorrow_can_wait() -> None:
    """As old as `within` tomorrow night is not older: only the share is read."""
    same = {each: Reading(NOW - WEEK + DAY, live()) for each in kept(10, DAY)}
    assert len(share_to_refresh(same, 10, WEEK, NOW)) == 2


def test_less_than_a_day_is_every_night() -> None:
    """A share of one night is everybody."""
    assert len(share_to_refresh(kept(10, DAY), 10, timedelta(hours=1), NOW)) == 10
