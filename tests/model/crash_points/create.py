"""One create in a page: its journal, a service that fails and lags, kills, a second apply.

The service is as bad as it may be: it takes a create of what is held once more, unless it honours
`MS-RequestId` and knows the id. Reads show what took effect, or don't, as they like; where they
settle in time, a patient look sees what is so, and nothing is on its way any more by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.model.crash_points.state import Apply, Journal, Move, Phase, Setting, State
from tests.model.crash_points.words import Event, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator


def moves(setting: Setting, state: State) -> Iterator[Move]:
    """Tell everything that can happen next."""
    yield from _starts(setting, state)
    for stray in sorted(set(state.strays)):
        at = state.strays.index(stray)
        rest = state._replace(strays=state.strays[:at] + state.strays[at + 1 :])
        yield Move(None, Event.ARRIVES, _takes_effect(setting, rest, stray))
        yield Move(None, Event.GOES_ASTRAY, rest)
    for who, apply in enumerate(state.applies):
        if apply is not None:
            turn = _Turn(setting, state, who, apply)
            yield from turn.is_interrupted()
            yield from turn.goes_on()


def _starts(setting: Setting, state: State) -> Iterator[Move]:
    """One start more than kills; beside another apply only where no lock keeps it from that."""
    alone = state.applies == (None, None)
    if state.journal.torn or state.starts > setting.kills or None not in state.applies:
        return
    if alone or Rule.LOCK not in setting.rules:
        begun = state._replace(starts=state.starts + 1)
        turn = _Turn(setting, begun, begun.applies.index(None), _begin(setting, begun))
        yield turn.move(Event.STARTS, turn.apply)


def _begin(setting: Setting, state: State) -> Apply:
    """Begin with what the journal tells: an id to go on with, or what was done lately."""
    pending, accepted, done, _ = state.journal
    waits = bool(pending) or (done and Rule.FRESH in setting.rules)
    goes_on = bool(pending) and Rule.SAME_ID in setting.rules
    request_id = pending if goes_on else state.starts
    phase = Phase.SETTLE if waits else Phase.TURN
    return Apply(phase, request_id, bool(pending), accepted, concerned=bool(pending))


def _takes_effect(setting: Setting, state: State, request_id: int) -> State:
    if setting.honours and request_id in state.known | state.refused:
        return state
    return state._replace(effects=state.effects + 1, known=state.known | {request_id})


@dataclass(frozen=True, slots=True)
class _Turn:
    """The next move of one apply."""

    setting: Setting
    state: State
    who: int
    apply: Apply

    def goes_on(self) -> Iterator[Move]:
        match self.apply.phase:
            case Phase.SETTLE if self.apply.doubtful and Rule.LOOK not in self.setting.rules:
                yield from replace(self, apply=self._absent()).sends()
            case Phase.SETTLE | Phase.TURN | Phase.REFUSED:
                yield from self._looks()
            case Phase.ANSWER:
                yield from self._is_answered()
            case _:
                yield from self.sends()

    def _looks(self) -> Iterator[Move]:
        patient = self.apply.phase is not Phase.TURN and Rule.SETTLING in self.setting.rules
        truthful = patient and self.setting.settles
        if truthful and self.state.strays:
            return
        ours = self.apply.doubtful and self.apply.sent
        if self.state.effects:
            yield self.move(Event.SEEN, self.ended(Event.CREATED if ours else Event.PRESENT))
        if not (truthful and self.state.effects):
            yield self.move(Event.ABSENT, self._absent())
        if self.state.faults:
            yield self.move(Event.UNREAD, self.ended(), faults=1)

    def _absent(self) -> Apply:
        apply, rules = self.apply, self.setting.rules
        done_lately = self.state.journal.done and Rule.FRESH in rules
        if apply.phase is Phase.REFUSED:
            return self.ended(Event.REJECTED)
        if apply.stopped or done_lately or (apply.doubtful and bool(self._never() & rules)):
            return self.ended()
        if apply.phase is Phase.SETTLE and Rule.LOOK in rules:
            return apply._replace(phase=Phase.TURN)
        return apply._replace(phase=Phase.POST if apply.sent else Phase.LINE)

    def sends(self) -> Iterator[Move]:
        apply, journal = self.apply, self.state.journal
        match apply.phase:
            case Phase.LINE:
                if Rule.JOURNAL_FIRST in self.setting.rules:
                    journal = journal._replace(pending=apply.request_id)
                ready = self.ended() if apply.stopped else apply._replace(phase=Phase.POST)
                yield self.move(Event.LINE, ready, self.state._replace(journal=journal))
            case Phase.POST:
                again = self.state.again or (apply.doubtful and bool(self._never()))
                sent = apply._replace(phase=Phase.ANSWER, sent=True, concerned=True)
                yield self.move(Event.POST, sent, self.state._replace(again=again))
            case Phase.NOTE:
                noted = self.state._replace(journal=journal._replace(accepted=True))
                yield self.move(Event.NOTED, apply._replace(phase=Phase.SETTLE), noted)
            case Phase.CLOSE:
                yield self._closes()

    def _closes(self) -> Move:
        end, journal = self.apply.end, self.state.journal
        if not self.apply.concerned:
            return self.move(Event.ENDS, None)
        if end is Event.UNKNOWN:
            return self.move(end, None)
        done = journal.done or end in (Event.CREATED, Event.PRESENT)
        return self.move(end, None, self.state._replace(journal=Journal(done=done)))

    def _is_answered(self) -> Iterator[Move]:
        """The answer, whatever it is; without journal before POST, the line comes only now."""
        apply, one = self.apply, self.apply.request_id
        state = self.state._replace(journal=self.state.journal._replace(pending=one))
        took = _takes_effect(self.setting, state, one)
        delayed = state._replace(strays=self._on_its_way())
        doubt = apply._replace(phase=Phase.SETTLE, doubtful=True)
        odd = doubt._replace(phase=Phase.NOTE, accepted=True)
        if self.setting.honours and one in state.refused:
            yield replace(self, state=state).is_told_no(faults=0)
            return
        yield self.move(Event.KEPT, self.ended(Event.CREATED), took)
        if state.faults:
            yield self.move(Event.LOST, doubt, took, faults=1)
            yield self.move(Event.VAIN, doubt, state, faults=1)
            yield self.move(Event.DELAYED, doubt, delayed, faults=1)
            yield self.move(Event.ODD, odd, took, faults=1)
            yield self.move(Event.ODD_VAIN, odd, state, faults=1)
            yield from replace(self, state=state).is_refused()

    def is_refused(self) -> Iterator[Move]:
        apply, state = self.apply, self.state
        looks = apply._replace(phase=Phase.SETTLE if apply.doubtful else Phase.TURN)
        given_up = apply.stopped and not apply.doubtful
        yield self.move(Event.SIGNED_OUT, self.ended(), state, faults=1)
        yield self.move(Event.DOWN, self.ended() if given_up else looks, state, faults=1)
        if not (self.setting.honours and apply.request_id in state.known):
            yield self.is_told_no(faults=1)

    def is_told_no(self, faults: int) -> Move:
        no = self.state._replace(refused=self.state.refused | {self.apply.request_id})
        looks = self.apply._replace(phase=Phase.REFUSED)
        end = looks if self.apply.doubtful else self.ended(Event.REJECTED)
        return self.move(Event.REFUSED, end, no, faults=faults)

    def is_interrupted(self) -> Iterator[Move]:
        """Kills, Ctrl-C and a full disk, at any point."""
        phase, state = self.apply.phase, self.state
        left = state._replace(strays=self._on_its_way()) if phase is Phase.ANSWER else state
        torn = state._replace(journal=state.journal._replace(torn=True))
        writes = phase in (Phase.LINE, Phase.POST, Phase.NOTE)
        writes = writes or (phase is Phase.CLOSE and self.apply.concerned)
        if self.apply.stopped and phase is not Phase.NOTE:  # a status that was seen is noted first
            yield self.move(Event.LEFT, None, left)
        if state.kills:
            yield self.move(Event.KILLED, None, left, kills=1)
        if state.kills and writes:
            yield self.move(Event.TORN, None, torn, kills=1)
        if state.faults and writes:
            yield self.move(Event.FULL, None if phase is Phase.CLOSE else self._unsent(), faults=1)
        if state.faults and not self.apply.stopped:
            yield from self._is_asked_to_stop()

    def _is_asked_to_stop(self) -> Iterator[Move]:
        if self.apply.phase is not Phase.POST:
            yield self.move(Event.STOP, self.apply._replace(stopped=True), faults=1)
        if self.apply.phase in (Phase.TURN, Phase.POST, Phase.SETTLE):
            yield self.move(Event.STOP, self._unsent(), faults=1)

    def _unsent(self) -> Apply:
        """Send no more; what may have happened before is looked for."""
        stopped = self.apply._replace(stopped=True)
        if stopped.phase is Phase.POST:
            stopped = stopped._replace(concerned=True, sent=True)
        if stopped.doubtful and stopped.phase is not Phase.LINE:
            return stopped._replace(phase=Phase.SETTLE)
        return replace(self, apply=stopped).ended()

    def ended(self, end: Event | None = None) -> Apply:
        undone = Event.UNKNOWN if self.apply.doubtful else Event.UNSENT
        return self.apply._replace(phase=Phase.CLOSE, end=end or undone)

    def _never(self) -> set[Rule]:
        """Tell which rules bar a create that may have happened from being sent again."""
        once = {Rule.ACCEPTED} if self.apply.accepted else set()
        match self.setting.kind:
            case Kind.GCC:
                once.add(Rule.GCC)
            case Kind.RESUBMISSION:
                once.add(Rule.RESUBMISSION)
        return once

    def _on_its_way(self) -> tuple[int, ...]:
        return tuple(sorted((*self.state.strays, self.apply.request_id)))

    def move(
        self,
        event: Event,
        apply: Apply | None,
        world: State | None = None,
        *,
        faults: int = 0,
        kills: int = 0,
    ) -> Move:
        """Go over to `world`, where it is another, with this apply in it, or gone."""
        state = world or self.state
        first, second = state.applies
        after = state._replace(
            applies=(apply, second) if self.who == 0 else (first, apply),
            faults=state.faults - faults,
            kills=state.kills - kills,
        )
        return Move(self.who, event, after)
