"""What the audit log still has."""

from __future__ import annotations

from datetime import UTC, date, datetime

from reconciler.model.audit import first_day


def test_the_first_day_is_one_of_ninety() -> None:
    """Today is the last of them: who asks for the day before the first gets nothing at all."""
    assert first_day(datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == date(2026, 1, 1)
