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
- One is refused among many that pass: nobody else slows down; only the growth pauses.

What can be known of a limit is what passed between two refusals, by the time between them: an empty
bucket at both ends, or a full window. Before the first refusal only that it is higher. So where no
ceiling is configured, the first refusals are the price of finding it, and single customers'
refusals beside an unknown limit blur it: there the rate can stay far below what is permitted.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from reconciler.partner_center.token_bucket import MINUTE, Ceiling, TokenBucket

SPARE: Final = 0.96
"""Of the ceiling: what travels a little faster than the request before must not exceed it.

No more than what is spared goes at once, so that not even the first second exceeds the ceiling."""
FIRST_BURST: Final = 8
"""Requests at once, at the most, where nothing is known of a limit."""
SHALLOW: Final = 0.1
"""Seconds: how deep a bucket is at least supposed to be, where a ceiling is configured."""

# All that follow are from simulation, which the tests repeat.
SEEKING: Final = 3.0
"""Requests a second gained with each answer, while no limit was met."""
LEAST_IN_FLIGHT: Final = 14
MOST_IN_FLIGHT: Final = 0.04
"""What may be under way while a limit is sought, as a share of what passed: no more is refused."""
PROVEN: Final = 500
"""What passed beyond so many counts three times: few limits let that much go at once."""
REGAINING: Final = 1.02
"""Gained with each answer, up to what was sustained before."""
PROBING: Final = 0.001
"""The share gained with each answer above that; it grows with the answers since a refusal."""
CALM: Final = 100
"""Answers without a refusal after which that share has doubled."""
BELOW: Final = 0.95
"""Of what passed: the rate of a trial, and what is aimed at after a pause."""
RESTART: Final = 0.85
NOTHING_PASSES: Final = 2
"""Refusals in a row that mean so, where customers have few of their own."""
COINCIDENCE: Final = 1e-3
"""How improbable such a row has to be as refusals of single customers."""
RECENT: Final = 64
"""Answers that are looked back on."""
SOME: Final = 3
"""Of these, as many refused are more than single customers explain; while seeking, more are due."""
SOME_WHILE_SEEKING: Final = 5
TRIAL: Final = 48
"""Answers that a trial takes, unless it is plain before."""
PLAIN: Final = 6
MOST_OWN: Final = 1 / 3
"""A greater share of refusals is never taken for single customers' own."""
SUPPOSED_OWN: Final = 0.1
"""That share under a ceiling that is configured: it is then the likelier reason."""
REPEATS: Final = 3
"""Refused repeats that say nothing, as long as other requests pass."""
FAILED_PROBES: Final = 3
"""From so many on a pause was a closed window, and belongs to what is sustained."""
PROMISED: Final = 32
"""Times the pause so far: the longest Retry-After that everybody waits out, once."""
LONGEST_PAUSE: Final = 60.0
SLOWEST: Final = 0.1
"""Requests a second: what the rate never shrinks below, so that recovery is noticed."""


@dataclass(slots=True)
class _Pause:
    """Nothing passes: single requests find out whether that is over, each after twice the time."""

    seconds: float
    next_probe: float = 0.0
    refused_at: float = 0.0
    failed: int = 0
    trusts_retry_after: bool = True
    promised: bool = False
    """Whether `next_probe` is the end of a Retry-After."""

    def refuse(self, now: float, retry_after: float | None) -> None:
        if self.promised:
            self.trusts_retry_after = False
        requested = retry_after or 0.0
        # A Retry-After of a second may be any part of one: it has no smaller number.
        self.promised = self.trusts_retry_after and 1 < requested <= PROMISED * self.seconds
        if self.promised:
            self.seconds = max(self.seconds / PROMISED, requested)
        self.refused_at = now
        self.next_probe = now + self.seconds

    def refuse_again(self, now: float, retry_after: float | None) -> None:
        """Wait twice as long, but no longer than the service asks: that may be one customer's."""
        self.failed += 1
        longest = max(self.seconds, retry_after or LONGEST_PAUSE)
        self.seconds = min(longest, 2 * self.seconds)
        self.refuse(now, retry_after)


@dataclass(frozen=True, slots=True)
class _Trial:
    """The rate is lowered: if it was too high, the share of refusals falls."""

    rate_before: float
    share_before: float
    measured: bool
    was_seeking: bool


class Rate:
    """A rate and a ceiling: `wait` and `take` before a request, what became of it after."""

    def __init__(self, concurrency: int, requests_per_minute: int | None, now: float) -> None:
        self._bucket, self._highest = _first_bucket(concurrency, requests_per_minute, now)
        self._ceiling = Ceiling(requests_per_minute)
        self._seeking = requests_per_minute is None
        self._supposed_own = 0.0 if requests_per_minute is None else SUPPOSED_OWN
        self._own = 0.0
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._answers = self._calm = self._in_row = self._repeats = 0
        self._passed = 0
        self._round_trip = SHALLOW
        self._held = True
        self._changed = -math.inf
        self._sustained = 0.0
        self._since, self._passed_since = now, 0
        self._pause: _Pause | None = None
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
            self._pause.next_probe = now + self._pause.seconds

    def accepted(self, sent: float, now: float) -> None:
        self._passed += 1
        self._passed_since += 1
        self._round_trip += (now - sent - self._round_trip) / 8
        if sent < self._changed:
            return
        self._note(refused=False)
        self._repeats = 0
        if self._pause is not None:
            self._resume(self._pause, now)
        elif self._trial is not None:
            self._judge(self._trial, now)
        elif self._held:  # else the rate holds nobody back, and nothing is learned of a higher one
            self._grow()

    def refused(
        self, sent: float, now: float, retry_after: float | None = None, *, repeated: bool = False
    ) -> None:
        """Learn from a refusal; `repeated` says that the same request was refused before.

        Who comes again after a wait of its own, and slower than the rate, can't be too fast for
        everybody: where such are all that is left, there are no neighbours to tell by.
        """
        if sent < self._changed or (repeated and self._pause is None and not self._held):
            return
        if repeated and self._pause is None and self._repeats < REPEATS:
            self._repeats += 1
            if self._supposed_own:
                return
            self._in_row -= 1
        self._note(refused=True)
        self._calm = 0
        if self._pause is not None:
            self._pause.refuse_again(now, retry_after)
            self._changed = now
        elif self._in_row >= self._row_that_is_no_coincidence():
            self._begin_pause(now, retry_after)
        elif self._trial is not None:
            self._judge(self._trial, now)
        elif sum(self._recent) >= self._more_than_their_own():
            self._begin_trial(self._bucket.rate, now, measured=False)

    def _note(self, *, refused: bool) -> None:
        self._recent.append(refused)
        self._answers += 1
        self._in_row = self._in_row + 1 if refused else 0

    def _grow(self) -> None:
        self._calm += 1
        rate = self._bucket.rate
        if self._seeking:
            proven = max(self._passed - PROVEN, 0)
            in_flight = max(LEAST_IN_FLIGHT, MOST_IN_FLIGHT * (self._passed + 2 * proven))
            higher = max(rate, min(rate + SEEKING, in_flight / self._round_trip))
        elif rate < self._sustained:
            higher = min(rate * REGAINING, self._sustained)
        else:
            higher = rate * (1 + PROBING * (1 + (self._calm / CALM) ** 2))
        self._bucket.rate = min(higher, self._highest)

    def _row_that_is_no_coincidence(self) -> int:
        own = max(self._own, self._supposed_own)
        row = math.ceil(math.log(COINCIDENCE) / math.log(own)) if own > 1 / RECENT else 0
        return max(NOTHING_PASSES, row)

    def _more_than_their_own(self) -> float:
        own = max(self._own, self._supposed_own)
        some = SOME_WHILE_SEEKING if self._seeking else SOME
        return own * RECENT + max(some, 2 * math.sqrt(own * (1 - own) * RECENT))

    def _begin_pause(self, now: float, retry_after: float | None) -> None:
        self._pause = _Pause(max(2 * self._round_trip, 1 / self._bucket.rate))
        self._pause.refuse(now, retry_after)
        self._trial = None
        self._slow_down(now)

    def _resume(self, pause: _Pause, now: float) -> None:
        """Go on with a little less than was sustained, the pause included if it had to be."""
        closed = pause.failed >= FAILED_PROBES or pause.promised
        seconds = (now if closed else pause.refused_at) - self._since
        sustained = self._passed_since / max(seconds, SHALLOW) / (1 - self._own)
        self._sustained = max(SLOWEST, min(self._bucket.rate, BELOW * sustained))
        self._pause = None
        self._since, self._passed_since = now, 1
        self._forget()
        self._bucket.empty(now)
        self._bucket.rate = RESTART * self._sustained

    def _begin_trial(self, rate_before: float, now: float, *, measured: bool) -> None:
        share = self._refused_share()
        seeking = self._trial.was_seeking if self._trial is not None else self._seeking
        self._trial = _Trial(rate_before, share, measured, seeking)
        lower = self._bucket.rate * BELOW * (1 - max(share - self._own, 0.0))
        self._bucket.rate = max(SLOWEST, lower)
        self._forget()
        self._slow_down(now)

    def _judge(self, trial: _Trial, now: float) -> None:
        """See what became of the refusals once the rate was lower; lower it again if unsure."""
        refused = sum(self._recent)
        plain = refused >= PLAIN and refused > MOST_OWN * len(self._recent)
        if self._answers < TRIAL and not plain:
            return
        share = self._refused_share()
        as_many = share > self._own + max((trial.share_before - self._own) / 2, 2 / RECENT)
        if plain or (as_many and not trial.measured):
            self._begin_trial(trial.rate_before, now, measured=True)
            return
        self._trial = None
        if as_many:
            self._own, self._bucket.rate = share, trial.rate_before
            self._seeking = trial.was_seeking
        else:
            self._own, self._sustained = min(self._own, share), self._bucket.rate
        self._forget()

    def _refused_share(self) -> float:
        refused = sum(self._recent)
        answers = len(self._recent) if refused >= PLAIN else max(len(self._recent), RECENT // 4)
        return refused / answers

    def _slow_down(self, now: float) -> None:
        """Requests that are under way already say no more of the rate that is now."""
        self._seeking = False
        self._calm = self._in_row = 0
        self._changed = now
        self._bucket.empty(now)

    def _forget(self) -> None:
        self._recent.clear()
        self._answers = self._calm = 0


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
