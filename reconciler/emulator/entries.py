"""How elements of the qualifications answer are dated, put in review and replaced: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.wanted import Settable
from reconciler.emulator.world import UNQUALIFIED, Entry

if TYPE_CHECKING:
    from reconciler.emulator.world import Standing

LATER: Final = timedelta(milliseconds=1)


def new_entry(qualification: Settable, standing: Standing, now: datetime) -> Entry:
    """Make what a create leaves: Education in review, GCC approved, SOE without vetting."""
    match qualification:
        case Settable.EDUCATION:
            return reviewed_anew(standing.entry(qualification) or Entry(qualification), now)
        case Settable.GCC:
            return Entry(qualification, "Approved", vetting_create_date=_in_ticks(now))
        case Settable.SOE:
            return Entry(qualification)
        case _:
            assert_never(qualification)


def reviewed_anew(entry: Entry, now: datetime) -> Entry:
    """Put an entry in review since now, or since just after its last vetting: always later."""
    earlier = entry.vetted_since
    began = now if earlier is None else max(now, earlier + LATER)
    if entry.names(Settable.GCC):
        return Entry(entry.qualification, "InReview", vetting_create_date=_in_ticks(began))
    return Entry(entry.qualification, "InReview", vetting_created_date=in_milliseconds(began))


def in_milliseconds(instant: datetime) -> str:
    """Spell as Education is dated: "Get a customer's qualification", seed 004."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _in_ticks(instant: datetime) -> str:
    """Spell as GCC is dated, with a seventh digit of the second, on the same page."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}7+00:00"


def with_entry(standing: Standing, entry: Entry) -> Standing:
    """Put `entry` in the place of its namesake, or last; an element `None` gives way."""
    others = tuple(other for other in standing.entries if not other.names(UNQUALIFIED))
    if standing.entry(entry.qualification) is None:
        return replace(standing, entries=(*others, entry))
    kept = tuple(entry if other.names(entry.qualification) else other for other in others)
    return replace(standing, entries=kept)
