"""Replays the journal: what earlier runs against one target left unsettled, sent and done.

A target is taken for what it means, never for how it is spelt: what one spelling left unsettled, no
other one frees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.applying.journal_lines import (
    Accepted,
    Audited,
    CreateRecord,
    Ended,
    Event,
    Found,
    Posting,
    Reset,
    Ruled,
    Settled,
    Started,
    parse_lines,
    refused_line,
)
from reconciler.applying.state_folder import read_state_file
from reconciler.configuration.config import EMULATOR
from reconciler.model.errors import JournalRefused
from reconciler.model.plan import Outcome, StepKey, Target
from reconciler.validation.addresses import comparable_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


FRESH: Final = timedelta(hours=1)
"""How long reads are not trusted to show a create that the journal has seen done."""

ANYWHERE: Final = Target("")
"""For what is asked of all targets alike."""

CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""How far ahead another machine's clock may be without being wrong."""


@dataclass(frozen=True, slots=True)
class History:
    """What a journal says of the runs against one target."""

    unsettled: dict[StepKey, CreateRecord]
    """Creates that may have happened, by step."""

    elsewhere: int
    """Unsettled creates of the embedded emulator where this is a real service, or the reverse."""

    sent: dict[str, frozenset[StepKey]]
    """The creates sent, by the digest of the plan they were sent for."""

    done: dict[StepKey, CreateRecord] = field(default_factory=dict)
    """Creates that were seen done."""

    accepted: frozenset[str] = frozenset()
    """The request ids of unsettled creates that the service answered with a 2xx."""

    latest: datetime | None = None
    """The latest date of any line."""

    correlation_ids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The ids of every POST, by request id: also of those whose answer was lost."""

    posted: dict[str, datetime] = field(default_factory=dict)
    """When each was posted last, by request id."""

    def freshly_done(self, now: datetime) -> dict[StepKey, CreateRecord]:
        """Find the creates done so lately that reads may still lag behind them.

        What is dated in the future is old: with a clock that was wrong once, it would be fresh for
        as long as that clock was ahead.
        """
        return {key: sending for key, sending in self.done.items() if is_fresh(sending, now)}

    def is_ahead_of(self, now: datetime) -> bool:
        """Tell whether a line is dated in the future: a clock was wrong."""
        return self.latest is not None and self.latest - now > CLOCKS_DIFFER


@dataclass(frozen=True, slots=True)
class UnsettledCreate:
    """A create that may have happened, wherever it was sent."""

    record: CreateRecord
    address: str
    tenant_id: str | None
    correlation_ids: tuple[str, ...]


def is_fresh(record: CreateRecord | Audited, now: datetime) -> bool:
    """Tell whether reads may still lag behind a create."""
    return -CLOCKS_DIFFER <= now - record.at < FRESH


def read_history(path: Path, target: Target) -> History:
    """Read what earlier runs left. Raises JournalRefused, which names the file and the line."""
    return _replayed(path, _read_events(path), target).history()


def read_unsettled(path: Path) -> tuple[UnsettledCreate, ...]:
    """Read what is unsettled at any target, oldest first. Raises JournalRefused."""
    return _replayed(path, _read_events(path), ANYWHERE).unsettled()


def unsettled_ids(path: Path, events: Iterable[Event]) -> frozenset[str]:
    """Find the request ids of the creates that are unsettled at any target."""
    replayed = _replayed(path, events, ANYWHERE)
    return frozenset(each.record.request_id for each in replayed.unsettled())


def _read_events(path: Path) -> Iterable[Event]:
    try:
        return parse_lines(path, read_state_file(path))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise JournalRefused(
            f"the journal {path} can't be read: {error.strerror}",
            "make it readable, then run again; nothing was sent",
        ) from error


def _replayed(path: Path, events: Iterable[Event], target: Target) -> _Reader:
    reader = _Reader(path, target)
    for number, event in enumerate(events, start=1):
        reader.read(number, event)
    return reader


class _Reader:
    """Replays the events of a journal for one target."""

    def __init__(self, path: Path, target: Target) -> None:
        self._path = path
        self._embedded = target.address == EMULATOR
        self._address = comparable_address(target.address)
        self._runs: dict[str, Started] = {}
        self._pending: dict[str, CreateRecord] = {}
        self._sent: dict[str, set[StepKey]] = {}
        self._done: dict[StepKey, CreateRecord] = {}
        self._accepted: set[str] = set()
        self._latest: datetime | None = None
        self._correlation_ids: dict[str, list[str]] = {}
        self._posted: dict[str, datetime] = {}

    def read(self, number: int, event: Event) -> None:
        self._latest = event.at if self._latest is None else max(event.at, self._latest)
        match event:
            case Started():
                self._runs[event.run] = event
            case CreateRecord():
                self._sending(event, self._run(number, event.run))
            case Posting():
                self._posting(number, event)
            case Accepted():
                self._still_pending(number, event.request_id)
                self._accepted.add(event.request_id)
            case Settled() | Audited() | Ruled():
                self._close(number, event)
            case Ended():
                self._run(number, event.run)
            case Reset():
                self._reset(comparable_address(event.address))
            case _:
                assert_never(event)

    def history(self) -> History:
        here = [each for each in self._pending.values() if self._bars_here(self._runs[each.run])]
        return History(
            unsettled={sending.key: sending for sending in here},
            elsewhere=len(self._pending) - len(here),
            sent={digest: frozenset(keys) for digest, keys in self._sent.items()},
            done=self._done,
            accepted=frozenset(self._accepted & self._pending.keys()),
            latest=self._latest,
            correlation_ids={each: tuple(ids) for each, ids in self._correlation_ids.items()},
            posted=self._posted,
        )

    def unsettled(self) -> tuple[UnsettledCreate, ...]:
        runs, ids = self._runs, self._correlation_ids
        return tuple(
            UnsettledCreate(
                record,
                runs[record.run].address,
                runs[record.run].tenant_id,
                tuple(ids.get(request_id, ())),
            )
            for request_id, record in self._pending.items()
        )

    def _run(self, number: int, run: str) -> Started:
        if run not in self._runs:
            raise refused_line(self._path, number, "belongs to a run that never started")
        return self._runs[run]

    def _bars_here(self, run: Started) -> bool:
        """Tell whether what a run left unsettled may have happened to the customers of this target.

        Two addresses can lead to one service, so only the embedded emulator is surely another.
        """
        return (run.address == EMULATOR) == self._embedded

    def _is_here(self, run: Started) -> bool:
        return comparable_address(run.address) == self._address

    def _sending(self, event: CreateRecord, run: Started) -> None:
        self._pending[event.request_id] = event
        if self._is_here(run):
            self._sent.setdefault(run.plan_digest, set()).add(event.key)

    def _posting(self, number: int, event: Posting) -> None:
        self._still_pending(number, event.request_id)
        self._correlation_ids.setdefault(event.request_id, []).append(event.correlation_id)
        self._posted[event.request_id] = event.at

    def _reset(self, address: str) -> None:
        runs = self._runs
        self._pending = {
            request_id: sending
            for request_id, sending in self._pending.items()
            if comparable_address(runs[sending.run].address) != address
        }
        if address == self._address:
            for noted in (self._sent, self._done):
                noted.clear()

    def _still_pending(self, number: int, request_id: str) -> None:
        if request_id not in self._pending:
            raise refused_line(self._path, number, "tells of a create that is not under way")

    def _close(self, number: int, event: Settled | Audited | Ruled) -> None:
        self._still_pending(number, event.request_id)
        if isinstance(event, Settled) and event.outcome is Outcome.UNKNOWN:
            return
        record = self._pending.pop(event.request_id)
        if isinstance(event, Audited):
            # No read has shown it yet, so it is as fresh as the word of the audit log on it.
            record = record.model_copy(update={"at": event.at})
        if says_created(event) and self._is_here(self._runs[record.run]):
            self._done[record.key] = record


def says_created(event: Settled | Audited | Ruled) -> bool:
    match event:
        case Settled(outcome=outcome):
            return outcome in (Outcome.CREATED, Outcome.ALREADY_PRESENT)
        case Ruled(found=found):
            return found is Found.CREATED
        case Audited():
            return True
        case _:
            assert_never(event)
