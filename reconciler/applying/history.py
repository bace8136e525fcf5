"""Replays the journal: what earlier runs against one target left unsettled, sent and done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.applying.journal_lines import (
    CreateRecord,
    Ended,
    Event,
    Reset,
    Settled,
    Started,
    parse_lines,
    refused_line,
)
from reconciler.model.errors import JournalRefused
from reconciler.model.plan import Outcome, StepKey

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.plan import Target

FRESH: Final = timedelta(hours=1)
"""How long reads are not trusted to show a create that the journal has seen done."""


@dataclass(frozen=True, slots=True)
class History:
    """What a journal says of the runs against one target."""

    unsettled: dict[StepKey, CreateRecord]
    """Creates that may have happened, by step."""

    elsewhere: int
    """Unsettled creates of other targets: not looked at here."""

    sent: dict[str, frozenset[StepKey]]
    """The creates sent, by the digest of the plan they were sent for."""

    interrupted: frozenset[StepKey]
    """The creates sent by runs that were cut short since the last one that ended."""

    done: dict[StepKey, CreateRecord] = field(default_factory=dict)
    """Creates that were seen done."""

    def freshly_done(self, now: datetime) -> dict[StepKey, CreateRecord]:
        """Find the creates done so lately that reads may still lag behind them."""
        return {key: sending for key, sending in self.done.items() if now - sending.at < FRESH}


def read_history(path: Path, target: Target) -> History:
    """Read what earlier runs left. Raises JournalRefused, which names the file and the line."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return History({}, 0, {}, frozenset())
    except OSError as error:
        raise JournalRefused(
            f"the journal {path} can't be read: {error.strerror}",
            "make it readable, then run again; nothing was sent",
        ) from error
    reader = _Reader(path, target)
    for number, event in enumerate(parse_lines(path, content), start=1):
        reader.read(number, event)
    return reader.history()


class _Reader:
    """Replays the events of a journal for one target."""

    def __init__(self, path: Path, target: Target) -> None:
        self._path = path
        self._here = (target.address, target.tenant_id)
        self._runs: dict[str, Started] = {}
        self._pending: dict[str, CreateRecord] = {}
        self._sent: dict[str, set[StepKey]] = {}
        self._interrupted: set[StepKey] = set()
        self._done: dict[StepKey, CreateRecord] = {}

    def read(self, number: int, event: Event) -> None:
        match event:
            case Started():
                self._runs[event.run] = event
            case CreateRecord():
                self._sending(event, self._run(number, event.run))
            case Settled():
                self._settled(number, event)
            case Ended():
                if self._is_here(self._run(number, event.run)):
                    self._interrupted.clear()
            case Reset():
                self._reset((event.address, event.tenant_id))
            case _:
                assert_never(event)

    def history(self) -> History:
        here = [s for s in self._pending.values() if self._is_here(self._runs[s.run])]
        return History(
            unsettled={sending.key: sending for sending in here},
            elsewhere=len(self._pending) - len(here),
            sent={digest: frozenset(keys) for digest, keys in self._sent.items()},
            interrupted=frozenset(self._interrupted),
            done=self._done,
        )

    def _run(self, number: int, run: str) -> Started:
        if run not in self._runs:
            raise refused_line(self._path, number, "belongs to a run that never started")
        return self._runs[run]

    def _is_here(self, run: Started) -> bool:
        return (run.address, run.tenant_id) == self._here

    def _sending(self, event: CreateRecord, run: Started) -> None:
        self._pending[event.request_id] = event
        if self._is_here(run):
            self._sent.setdefault(run.plan_digest, set()).add(event.key)
            self._interrupted.add(event.key)

    def _reset(self, target: tuple[str, str | None]) -> None:
        runs = self._runs
        self._pending = {
            request_id: sending
            for request_id, sending in self._pending.items()
            if (runs[sending.run].address, runs[sending.run].tenant_id) != target
        }
        if target == self._here:
            for noted in (self._sent, self._interrupted, self._done):
                noted.clear()

    def _settled(self, number: int, event: Settled) -> None:
        if event.request_id not in self._pending:
            raise refused_line(self._path, number, "settles a create that was never sent")
        if event.outcome is Outcome.UNKNOWN:
            return
        sending = self._pending.pop(event.request_id)
        seen = event.outcome in (Outcome.CREATED, Outcome.ALREADY_PRESENT)
        if seen and self._is_here(self._runs[sending.run]):
            self._done[sending.key] = sending
