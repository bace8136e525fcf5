"""Counts how often the journal and its archives saw Education verified; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reconciler.applying.history import says_created
from reconciler.applying.journal_lines import (
    Audited,
    CreateRecord,
    Posting,
    Reset,
    Ruled,
    Settled,
    Started,
    parse_lines,
)
from reconciler.applying.state_folder import read_state_file
from reconciler.model.state import Qualification
from reconciler.validation.addresses import comparable_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.applying.journal_lines import Event
    from reconciler.model.plan import Target
    from reconciler.model.state import CustomerId

JOURNALS: Final = "journal*.jsonl"
"""The journal itself comes last: `journal-2026.jsonl` sorts before `journal.jsonl`."""


@dataclass(slots=True)
class _Replay:
    addresses: dict[str, str] = field(default_factory=dict)
    """By run."""
    records: dict[str, CreateRecord] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    """The correlation ids, by request id."""
    created: set[str] = field(default_factory=set)

    def read(self, event: Event) -> None:
        match event:
            case Started():
                self.addresses[event.run] = comparable_address(event.address)
            case CreateRecord():
                self.records[event.request_id] = event
            case Posting():
                self.ids.setdefault(event.request_id, set()).add(event.correlation_id.casefold())
            case Settled() | Audited() | Ruled() if says_created(event):
                self.created.add(event.request_id)
            case Reset():
                self._forget(comparable_address(event.address))
            case _:
                pass

    def _forget(self, address: str) -> None:
        self.created = {
            each
            for each in self.created
            if each in self.records and self.addresses.get(self.records[each].run) != address
        }


def count_verifications(
    folder: Path, target: Target
) -> Mapping[CustomerId, tuple[frozenset[str], ...]]:
    """Find each create of Education that was done, by the ids of its POSTs, for each customer.

    A line may be in the archive and in the journal both. Raises JournalRefused or OSError.
    """
    replay = _Replay()
    for event in _events(folder):
        replay.read(event)
    found: dict[CustomerId, tuple[frozenset[str], ...]] = {}
    address = comparable_address(target.address)
    for request_id in sorted(replay.created & replay.records.keys()):
        record = replay.records[request_id]
        here = replay.addresses.get(record.run, address) == address
        if record.qualification is Qualification.EDUCATION and here:
            ids = frozenset(replay.ids.get(request_id, ()))
            found[record.customer_id] = (*found.get(record.customer_id, ()), ids)
    return found


def _events(folder: Path) -> Iterable[Event]:
    for path in sorted(folder.glob(JOURNALS)):
        yield from parse_lines(path, read_state_file(path))
