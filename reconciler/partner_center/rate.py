"""How fast requests may go, learned from what is refused. Pure: times are handed in, in seconds.

The service refuses what goes beyond "500 requests per minute per tenant identifier"; its limits
change without notice, and refused requests count too ("API throttling guidance for partners"). What
kind of limit it is, nobody says: a bucket or a window, a tenth of a second or a minute deep. And a
429 can be about one customer alone, which slowing down would not help. So three things are told
apart by what follows a refusal:

- Nothing passes any more: everybody pauses, and one request at a time finds out whether that is
  over. From there on the rate is what the service sustained since the pause before (additive
  increase, multiplicative decrease).
- Some are refused and others pass: the rate is lowered for a while (a trial). Fewer refusals then
  say that the limit is shared. As many as before are single customers' own, and the rate goes back.
- One is refused among many that pass: nobody else slows down; only the growth starts anew.

Above what was sustained, the rate comes near what was too fast ever more slowly, and goes beyond it
a little, then faster: a limit that stays where it is costs few refusals, one that rises is found.

What can be known of a limit is what passed between two refusals, by the time between them: an empty
bucket at both ends, or a full window. Before the first refusal only that it is higher. So where no
ceiling is configured, refusals are the price of finding the limit, and there is a budget for them:
what is refused beyond it is refused by a limit that fell, or that others share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from reconciler.partner_center.own_refusals import OwnRefusals
from reconciler.partner_center.pause import Pause
from reconciler.partner_center.token_bucket import MINUTE, Ceiling, TokenBucket

SPARE: Final = 0.96
"""Of the ceiling: what travels a little faster than the request before must not exceed it.

No more than what is spared goes at once, so that not even the first second exceeds the ceiling."""
FIRST_BURST: Final = 8
"""Requests at once, at the most, where nothing is known of a limit."""
SHALLOW: Final = 0.1
"""Seconds: how deep a bucket is at least supposed to be, where a ceiling is configured."""
SUPPOSED_OWN: Final = 0.12
"""Refused for themselves, under a ceiling that is configured: it is then the likelier reason."""
SLOWEST: Final = 0.1
"""Requests a second: what the rate never shrinks below, so that recovery is noticed."""

AGAIN: Final = 1.0
"""Seconds: for so long, at the most, a pause goes on for a request that was refused before."""

# All that follow are from simulation, which the tests repeat.
SEEKING: Final = 3.0
"""Requests a second gained with each answer, while no limit was met."""
BUDGET: Final = 0.045
"""Of all requests: as many may be refused before no rate is tried that is higher than one refused.

Before a limit was met no more are under way, as all of these may be refused together."""
LEAST_IN_FLIGHT: Final = 8
"""Whatever the budget says, while no limit was met."""
PROVEN: Final = 400
"""What passed beyond so many counts three times: few limits let that much go at once."""
REGAINING: Final = 1.02
"""Gained with each answer, up to what was sustained before."""
APPROACH: Final = 100
"""Answers that close the gap to a rate that was too fast, were it not ever smaller."""
NEAR: Final = 0.97
"""Of that rate: from there on a higher one is tried as where none was refused."""
LIKELY: Final = 1.0
"""Requests a second: where less passed before the first refusal, others had used up the limit."""
FOUND: Final = 1.5
"""Times what was sustained: whatever was refused above that, the limit is no higher."""
PROBING: Final = 0.001
"""The share gained with each answer there; it grows with the answers since a refusal."""
CALM: Final = 100
"""Answers without a refusal after which that share has doubled."""
BELOW: Final = 0.95
"""Of what passed: the rate of a trial, and what is aimed at after a pause."""
RESTART: Final = 0.85
PRIOR: Final = 3
"""Requests: so much weight has what was sustained before beside what passed since."""
SOME: Final = 3
"""As many refused are more than single customers explain; while seeking, more are due."""
SOME_WHILE_SEEKING: Final = 7
LOWERED: Final = 4
"""Times: where a rate that is lowered by so much refuses as many, it isn't the reason."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """The rate is lowered: if it was too high, the share of refusals falls."""

    rate_before: float
    share_before: float
    was_seeking: bool
    measured: bool = False
    """Whether the share that it is lowered by was counted in a trial, and is no guess."""


class Rate:
    """A rate and a ceiling: `wait` and `take` before a request, what became of it after."""

    def __init__(self, concurrency: int, requests_per_minute: int | None, now: float) -> None:
        self._bucket, self._highest = _first_bucket(concurrency, requests_per_minute, now)
        self._ceiling = Ceiling(requests_per_minute)
        self._seeking = requests_per_minute is None
        self._own = OwnRefusals(0.0 if requests_per_minute is None else SUPPOSED_OWN)
        self._passed = self._refused = self._calm = 0
        self._round_trip = SHALLOW
        self._held = True
        self._changed = -math.inf
        self._sustained, self._is_measured = 0.0, False
        self._too_fast = math.inf
        self._since, self._passed_since = now, 0
        self._pause: Pause | None = None
        self._trial: _Trial | None = None

    @property
    def requests_per_second(self) -> float:
        return self._bucket.rate

    def wait(self, now: float) -> float:
        """Tell how long the next request has to wait; 0 where it may go. Ask again after it."""
        if self._pause is not None:
            return max(0.0, self._pause.next_probe - now)
        return max(self._bucket.wait(now), self._ceiling.wait(now))

    def take(self, now: float) -> None:
        """Count a request that goes now, as every request counts."""
        self._held = self._bucket.take(now)
        self._ceiling.take(now)
        if self._pause is not None:
            self._pause.probe(now)

    def accepted(self, sent: float, now: float) -> None:
        self._passed += 1
        self._passed_since += 1
        self._round_trip += (now - sent - self._round_trip) / 8
        if sent < self._changed:
            return
        self._own.note(refused=False)
        if self._pause is not None:
            self._resume(self._pause, now)
        elif self._trial is not None:
            self._judge(self._trial, now)
        elif self._held:  # else the rate holds nobody back, and nothing is learned of a higher one
            self._grow()

    def refused(
        self, sent: float, now: float, retry_after: float | None = None, *, refused_before: int = 0
    ) -> None:
        """Learn from a refusal of a request that was refused `refused_before` times already.

        Who comes again after a wait of its own, and slower than the rate, can't be too fast for
        everybody: where such are all that is left, there are no neighbours to tell by.
        """
        # Who is refused for itself mostly is again when it comes back. Were the third one no news
        # either, nobody would notice a limit that keeps refusing the same few.
        is_own = refused_before == 1 and (self._own.are_known or self._pause is not None)
        self._refused += not is_own
        if sent < self._changed or (refused_before and self._pause is None and not self._held):
            return
        if not is_own:
            self._learn_from_refusal(now, retry_after, again=refused_before > 0)
        elif self._pause is not None:
            self._pause.ask_another(now)

    def _learn_from_refusal(self, now: float, retry_after: float | None, *, again: bool) -> None:
        self._own.note(refused=True)
        self._calm = self._calm // 2 if self._own.are_known else 0
        if self._pause is not None:
            # Who waited for itself already may have been told of itself alone.
            self._pause.refuse(now, min(retry_after or AGAIN, AGAIN) if again else retry_after)
            self._changed = now
        elif self._own.nothing_passes:
            self._begin_pause(now, retry_after)
        elif self._trial is not None:
            self._judge(self._trial, now)
        elif self._own.are_exceeded_by(SOME_WHILE_SEEKING if self._seeking else SOME):
            self._begin_trial(now)

    def _grow(self) -> None:
        rate = self._bucket.rate
        if rate < self._sustained:
            self._bucket.rate = min(rate * REGAINING, self._sustained)
            return
        if self._seeking:
            most = self._most_under_way() / self._round_trip
            self._bucket.rate = max(rate, min(rate + SEEKING, most, self._highest))
        elif rate < NEAR * self._too_fast:
            nearer = rate + (self._too_fast - rate) / APPROACH
            self._bucket.rate = min(nearer, rate * REGAINING, self._highest)
        elif self._left_of_budget() > 0:
            self._calm += 1
            gained = PROBING * (1 + (self._calm / CALM) ** 2)
            self._bucket.rate = min(rate * (1 + gained), self._highest)

    def _most_under_way(self) -> float:
        """How many requests may be, while no limit was met."""
        proven = max(self._passed - PROVEN, 0)
        return max(LEAST_IN_FLIGHT, BUDGET * (self._passed + 2 * proven))

    def _left_of_budget(self) -> float:
        """How many more may be refused, single customers' own aside."""
        answers = self._passed + self._refused
        return (BUDGET + self._own.share) * answers - self._refused

    def _begin_pause(self, now: float, retry_after: float | None) -> None:
        self._too_fast = self._bucket.rate
        self._pause = Pause(max(2 * self._round_trip, 1 / self._bucket.rate))
        self._pause.begin(now, retry_after)
        self._trial = None
        self._slow_down(now)

    def _resume(self, pause: Pause, now: float) -> None:
        """Go on with a little less than was sustained, the pause included if it had to be.

        Where it was closed, it opened at some time after the last probe that was refused. What was
        sustained at first may be a full bucket, or what an earlier run left of a window: that says
        nothing of the limit. What was sustained between two refusals is at most halved.
        """
        ended = (pause.refused_at + now) / 2 if pause.was_closed() else pause.refused_at
        seconds = max(ended - self._since, SHALLOW)
        requests = self._passed_since / (1 - self._own.share)
        if self._sustained:
            requests, seconds = requests + PRIOR, seconds + PRIOR / self._sustained
        sustained = requests / seconds
        if self._is_measured:
            sustained = max(sustained, self._sustained / 2)
        if not self._sustained and sustained < LIKELY:
            sustained, self._too_fast = LIKELY, math.inf
        else:
            self._too_fast = min(self._too_fast, FOUND * sustained)
        self._is_measured = self._sustained > 0
        self._sustained = max(SLOWEST, min(self._bucket.rate, BELOW * sustained))
        self._pause = None
        self._since, self._passed_since = now, 1
        self._own.forget()
        self._calm = 0
        self._bucket.empty(now)
        self._bucket.rate = RESTART * self._sustained

    def _begin_trial(self, now: float) -> None:
        self._lower(_Trial(self._bucket.rate, self._own.recent_share, self._seeking), now)

    def _lower(self, trial: _Trial, now: float) -> None:
        self._trial = trial
        self._too_fast = self._bucket.rate
        excess = max(trial.share_before - self._own.share, 0.0)
        self._bucket.rate = max(SLOWEST, self._bucket.rate * BELOW * (1 - excess))
        self._own.forget(suspected=trial.share_before)
        self._slow_down(now)

    def _judge(self, trial: _Trial, now: float) -> None:
        """See what became of the refusals once the rate was lower; lower it again if unsure."""
        as_many = self._own.are_as_many(trial.share_before)
        if as_many is None:
            return
        share = self._own.refused / self._own.answers
        is_sure = trial.measured and share >= trial.share_before and not self._own.are_too_many
        if as_many and not is_sure and self._bucket.rate > trial.rate_before / LOWERED:
            self._lower(replace(trial, share_before=share, measured=True), now)
            return
        self._trial = None
        if as_many:
            self._own.learn((self._own.recent_share + trial.share_before) / 2)
            self._bucket.rate, self._seeking = trial.rate_before, trial.was_seeking
            self._refused = 0  # all of them were theirs
            self._too_fast = trial.rate_before
        else:
            self._own.learn(min(self._own.share, (self._own.share + self._own.recent_share) / 2))
            self._sustained = self._bucket.rate
        self._own.forget()
        self._calm = 0

    def _slow_down(self, now: float) -> None:
        """Requests that are under way already say no more of the rate that is now."""
        self._seeking = False
        self._calm = 0
        self._changed = now
        self._bucket.empty(now)


def _first_bucket(
    concurrency: int, requests_per_minute: int | None, now: float
) -> tuple[TokenBucket, float]:
    """The bucket to begin with, and the highest rate that it may ever have."""
    if requests_per_minute is None:
        burst = float(min(concurrency, FIRST_BURST))
        # A busy process sends late: what is in flight may go at once, or the rate would be lost.
        return TokenBucket(2 * burst, float(concurrency), burst, now), math.inf
    rate = SPARE * requests_per_minute / MINUTE
    second = max(1.0, requests_per_minute / MINUTE)
    burst = max(1.0, (1 - SPARE) * second)
    return TokenBucket(rate, min(second, max(2.0, SHALLOW * rate)), burst, now), rate
