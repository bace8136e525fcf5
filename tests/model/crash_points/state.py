"""What the model's world consists of, and the setting that it is explored in: data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from tests.model.crash_points.words import Event, Kind, Rule

ALL_RULES: Final = frozenset(Rule)


class Phase(IntEnum):
    """What an apply does next."""

    SETTLE = 1
    """Look patiently: the create may have happened."""
    TURN = 2
    """Look once, in the turn of the POST."""
    LINE = 3
    POST = 4
    ANSWER = 5
    NOTE = 6
    """Journal that the answer was a 2xx."""
    REFUSED = 7
    """Look patiently: a definite no after doubt may be a no to a second create."""
    CLOSE = 8


class Apply(NamedTuple):
    """One process. `doubtful`: its create may have happened; `concerned`: it owes an end line."""

    phase: Phase
    request_id: int
    doubtful: bool = False
    accepted: bool = False
    concerned: bool = False
    sent: bool = False
    stopped: bool = False
    end: Event = Event.ENDS


class Journal(NamedTuple):
    """What the next apply can read. `pending` is the id of a create that may have happened."""

    pending: int = 0
    accepted: bool = False
    done: bool = False
    torn: bool = False


class State(NamedTuple):
    """The world: ids `known` were answered yes, `refused` no; `strays` are POSTs on their way."""

    applies: tuple[Apply | None, Apply | None] = (None, None)
    journal: Journal = Journal()
    effects: int = 0
    known: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    strays: tuple[int, ...] = ()
    faults: int = 0
    kills: int = 0
    starts: int = 0
    again: bool = False
    """A create that must never be sent again was sent again."""


class Move(NamedTuple):
    who: int | None
    event: Event
    state: State


@dataclass(frozen=True, slots=True)
class Setting:
    """What the service is like, which rules hold, and how much may go wrong."""

    kind: Kind = Kind.PLAIN
    honours: bool = True
    """The service honours `MS-RequestId`."""
    settles: bool = True
    """Reads catch up within the settling time."""
    rules: frozenset[Rule] = ALL_RULES
    faults: int = 3
    kills: int = 3

    def start(self) -> State:
        return State(faults=self.faults, kills=self.kills)
