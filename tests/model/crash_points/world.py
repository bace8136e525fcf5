"""The model's world for the real code: a service, kills, stops and a disk, each by choice.

What happens is looked up in the model at once: what the model lacks, nobody may do.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, Self

from reconciler.applying.stop import StopSignal
from tests.model.crash_points.choices import Choices
from tests.model.crash_points.create import moves
from tests.model.crash_points.where import place
from tests.model.crash_points.words import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from tests.model.crash_points.state import Setting

SETTLING: Final = 1.0
"""Seconds: how far reads may lag, where they settle at all."""

NO_FAULTS: Final = frozenset({Event.SEEN, Event.ABSENT, Event.KEPT, Event.LEFT})
TOOK_EFFECT: Final = frozenset({Event.KEPT, Event.LOST, Event.ODD})


class Killed(BaseException):
    """The process is gone."""


class World:
    """One path. `clock` is in seconds; `noted` tells what the journal says, told briefly."""

    def __init__(
        self, setting: Setting, clock: Callable[[], float], noted: Callable[[], Hashable]
    ) -> None:
        self.setting, self.story = setting, tuple[Event, ...]()
        self.stop = StopSignal()
        self.effects = self.starts = 0
        self.left_in_body = False
        self._choices = Choices([], set())
        self._clock, self._noted = clock, noted
        self._faults, self._kills = setting.faults, setting.kills
        self._known, self._refused = frozenset[str](), frozenset[str]()
        self._strays: tuple[tuple[str, float], ...] = ()
        self._posted_at = clock() - SETTLING
        self._model = frozenset({setting.start()})

    def starts_anew(self, choices: Choices) -> Self:
        """Go on in a world of its own, with another apply."""
        other = copy.copy(self)
        other._begin(choices)  # noqa: SLF001 - it is one of us
        return other

    def _begin(self, choices: Choices) -> None:
        self.starts, self.stop, self._choices = self.starts + 1, StopSignal(), choices
        self.left_in_body = False
        self.happens(Event.STARTS)

    def happens(self, event: Event) -> None:
        self.story = (*self.story, event)
        follow = (move for state in self._model for move in moves(self.setting, state))
        self._model = frozenset(move.state for move in follow if move.event is event)
        assert self._model, f"the model lacks the last of: {'; '.join(self.story)}"

    def may_stop(self) -> None:
        if self._faults and not self.stop and self._pick([None, Event.STOP]):
            self._stops()

    def may_be_interrupted(self, request_id: str | None = None) -> None:
        """Between two things that can be seen from outside, one moment is as good as another."""
        stops = [Event.STOP] if self._faults and not self.stop else []
        match self._pick([None, *stops, *([Event.KILLED] if self._kills else [])]):
            case Event.STOP:
                self._stops()
            case Event.KILLED:
                self._leave(request_id)
                self.dies(Event.KILLED)

    def dies(self, event: Event) -> None:
        self._kills -= 1
        self.happens(event)
        raise Killed

    def line(self, event: Event | None) -> Event | None:
        """Tell what becomes of a line: None where it is written."""
        kills = [Event.KILLED, Event.TORN] if self._kills else []
        fate = self._pick([None, *kills, *([Event.FULL] if self._faults else [])])
        if fate is Event.FULL:
            self._faults -= 1
            self.happens(fate)
        elif fate is None and event is not None:
            self.happens(event)
        return fate

    def read(self) -> Event:
        self.may_be_interrupted()
        self._let_arrive()
        hides = not self.setting.settles or self._clock() - self._posted_at < SETTLING
        options = [Event.SEEN] if self.effects else []
        options += [Event.ABSENT] if hides or not self.effects else []
        options += [Event.UNREAD] if self._faults else []
        return self._befalls(options)

    def post(self, request_id: str) -> Event:
        self.happens(Event.POST)
        self._posted_at = self._clock()
        self._let_arrive()
        self.may_be_interrupted(request_id)
        fate = self._befalls(self._answers(request_id), request_id)
        if fate in TOOK_EFFECT:
            self._takes_effect(request_id)
        elif fate in (Event.DELAYED, Event.LEFT):
            self._leave(request_id)
        elif fate is Event.REFUSED:
            self._refused |= {request_id}
        return fate

    def body_hangs(self, fate: Event) -> bool:
        """Tell whether only the head of an odd 2xx comes before the 20 seconds are over."""
        odd = fate in (Event.ODD, Event.ODD_VAIN)
        self.left_in_body = odd and bool(self.stop) and bool(self._pick([None, Event.LEFT]))
        return self.left_in_body

    def ends(self, *, told: bool) -> None:
        """End an apply, unless it is dead or gone; `told` says that its last line was the end."""
        if self.story[-1] in (Event.KILLED, Event.TORN, Event.LEFT):
            return
        if self.left_in_body:
            self.happens(Event.LEFT)
        elif not told:
            self.happens(Event.ENDS)

    def _answers(self, request_id: str) -> list[Event]:
        leaves = [Event.LEFT] if self.stop else []
        if self.setting.honours and request_id in self._refused:
            return [Event.REFUSED, *leaves]
        lost = [Event.LOST, Event.VAIN, Event.DELAYED, Event.ODD, Event.ODD_VAIN]
        noes = [Event.DOWN, Event.SIGNED_OUT]
        if not (self.setting.honours and request_id in self._known):
            noes.append(Event.REFUSED)
        return [Event.KEPT, *leaves, *([*lost, *noes] if self._faults else [])]

    def _befalls(self, options: Sequence[Event], request_id: str = "") -> Event:
        fate = self._pick(options)
        assert fate is not None
        remembered = self.setting.honours and request_id in self._refused
        if fate not in NO_FAULTS and not remembered:
            self._faults -= 1
        self.happens(fate)
        return fate

    def _let_arrive(self) -> None:
        """Let what is on its way arrive or not; that it does shows only in an answer."""
        for stray in self._strays:
            late = self.setting.settles and self._clock() - stray[1] >= SETTLING
            fates = [Event.ARRIVES, Event.GOES_ASTRAY]
            fate = self._pick(fates if late else [None, *fates])
            if fate is not None:
                self._strays = tuple(each for each in self._strays if each is not stray)
                self.happens(fate)
            if fate is Event.ARRIVES:
                self._takes_effect(stray[0])

    def _takes_effect(self, request_id: str) -> None:
        if not (self.setting.honours and request_id in self._known | self._refused):
            self.effects += 1
            self._known |= {request_id}
        assert self.effects <= 1, f"created twice: {'; '.join(self.story)}"

    def _leave(self, request_id: str | None) -> None:
        if request_id is not None:
            self._strays = (*self._strays, (request_id, self._clock()))

    def _stops(self) -> None:
        self._faults -= 1
        self.happens(Event.STOP)
        self.stop.request("stopped by Ctrl-C")

    def _pick(self, options: Sequence[Event | None]) -> Event | None:
        if len(options) == 1:
            return options[0]
        return options[self._choices.choose(len(options), lambda: (self.state(), place()))]

    def state(self) -> Hashable:
        """Tell all that matters for what can follow, but for where a running apply is."""
        now = self._clock()
        strays = tuple((one, min(now - sent, SETTLING)) for one, sent in self._strays)
        age = min(now - self._posted_at, SETTLING)
        budget = (self._faults, self._kills, self.starts, bool(self.stop))
        world = (self.effects, self._known, self._refused, strays, age)
        return hash((budget, world, self._model, self._noted()))
