"""Draws the faults of one run as the emulator's document; what they do is the emulator's affair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

Fault = dict[str, Any]

CREATE: Final = "createQualification"
LONGEST_DELAY: Final = 0.5
"""Seconds: what was in flight when the program was killed has arrived after that."""

PAST: Final = "Wed, 21 Oct 2015 07:28:00 GMT"

CUTS: Final[Sequence[Fault]] = (
    {"kind": "refuse"},
    {"kind": "drop-before"},
    {"kind": "drop-after"},
    {"kind": "truncate"},
)
GARBLINGS: Final[Sequence[Fault]] = tuple(
    {"kind": kind, "effect": effect}
    for kind in ("wrong-content-type", "empty", "garbage")
    for effect in ("before", "after")
)
STATUSES: Final[Sequence[Fault]] = tuple(
    {"kind": "status", "status": status, "effect": effect}
    for status in (500, 503)
    for effect in ("before", "after")
)
THROTTLES: Final[Sequence[Fault]] = (
    {"kind": "throttle"},
    {"kind": "throttle", "retryAfter": 0},
    {"kind": "throttle", "retryAfter": 1},
    {"kind": "throttle", "retryAfter": PAST},
)
DELAYS: Final[Sequence[Fault]] = tuple(
    {"kind": "delay", "seconds": seconds, "effect": effect}
    for seconds in (0.05, LONGEST_DELAY)
    for effect in ("before", "after")
)
MOST_SLOWING: Final = 2
"""Times that a fault strikes which slows the program down for a while, storms aside."""


SETTLED: Final[Sequence[Fault]] = (
    {"kind": "lag", "reads": 1},
    {"kind": "lag", "reads": 3},
    {"kind": "lag", "seconds": 2.0},
    {"kind": "lag", "seconds": 4.0},
    {"kind": "lag", "seconds": 5.5},
)
"""The lags within the settling time: of its four reads the last comes seven seconds on."""

BEYOND: Final[Sequence[Fault]] = ({"kind": "lag", "reads": 6}, {"kind": "lag", "seconds": 9.0})
"""Longer than a create is settled for: only where request ids are honoured."""


def draw_lag(random: Random, *, idempotent: bool) -> Fault:
    """Draw how reads lag. Without idempotency they catch up within the settling time."""
    return random.choice([*SETTLED, *(BEYOND if idempotent else ())])


def lag_seconds(lag: Fault) -> float:
    return float(lag.get("seconds", 0))


def nature(lag: Fault, *, idempotent: bool) -> list[Fault]:
    """What the service is like even when nothing is wrong: its reads lag behind creates.

    Where it honours no `MS-RequestId`, it takes a create of what is held already once more.
    """
    forgetful: Fault = {"kind": "no-idempotency", "duplicates": "accept"}
    return [lag] if idempotent else [lag, forgetful]


def draw_faults(
    random: Random, *, lag: Fault = SETTLED[0], idempotent: bool, slowing: bool
) -> dict[str, object]:
    """Every kind of fault for creates has its chance in some run, several in each.

    Without `slowing`, none that bids the program go slower: 429 and 503.
    """
    kinds = (*CUTS, *GARBLINGS, *STATUSES)
    creates = [
        _fault(fault, CREATE, random.uniform(0.03, 0.15))
        for fault in (*random.sample(kinds, 3), random.choice(CUTS))
    ]
    reads = [_fault(random.choice(kinds), "any", random.uniform(0.01, 0.06)) for _ in range(2)]
    faults = [
        *[_fault(random.choice(DELAYS), CREATE, 0.5) for _ in range(2)],
        *_expiry(random),
        *_outage(random),
        *(_storm(random) if slowing else []),
        _throttle(random, CREATE),
        _throttle(random, "any"),
        *creates,
        *[fault | {"method": "GET"} for fault in reads],
    ]
    drawn = [fault for fault in faults if slowing or not _is_slowing(fault)]
    return {
        "seed": random.getrandbits(32),
        "faults": [*nature(lag, idempotent=idempotent), *drawn],
    }


def _expiry(random: Random) -> list[Fault]:
    """Let the token of one process end in the middle, in some runs."""
    expiry: Fault = {"kind": "expire-token", "after": random.randint(8, 30), "times": 1}
    return [expiry] if random.random() < 0.3 else []


def _outage(random: Random) -> list[Fault]:
    """Let every create fail for a while, in some runs: certainly not, or who knows."""
    if random.random() >= 0.4:
        return []
    kinds: list[Fault] = [{"kind": "refuse"}, {"kind": "drop-before"}, {"kind": "drop-after"}]
    kinds += [{"kind": "status", "status": 504, "effect": each} for each in ("before", "after")]
    when = {"after": random.randint(0, 12), "times": random.randint(4, 8)}
    return [random.choice(kinds) | {"call": CREATE} | when]


def _storm(random: Random) -> list[Fault]:
    """Let every call be told to wait a second for a while, in some runs."""
    if random.random() >= 0.3:
        return []
    storm: Fault = {"kind": "throttle", "retryAfter": 1, "call": "any"}
    return [storm | {"after": random.randint(5, 60), "times": random.randint(6, 12)}]


def _throttle(random: Random, call: str) -> Fault:
    fault = _fault(random.choice(THROTTLES), call, random.uniform(0.05, 0.3))
    return fault | {"times": random.randint(1, MOST_SLOWING)}


def _fault(fault: Fault, call: str, probability: float) -> Fault:
    slowing = {"times": MOST_SLOWING} if _is_slowing(fault) else {}
    return {**fault, "call": call, "probability": round(probability, 3), **slowing}


def _is_slowing(fault: Fault) -> bool:
    return fault["kind"] == "throttle" or fault.get("status") == 503


def name_of(fault: Fault) -> str:
    """Name a kind of fault as the table of figures does."""
    kind = str(fault["kind"])
    if kind == "status":
        kind = str(fault["status"])
    if kind == "throttle":
        return "429" if "retryAfter" not in fault else "429 with Retry-After"
    if kind == "lag":
        return "lag in seconds" if "seconds" in fault else "lag in reads"
    return f"{kind}, effect {fault['effect']}" if "effect" in fault else kind
