"""What a fault makes of an answer: pure, it decides neither when nor whether."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.answers import plain
from reconciler.emulator.faults import (
    BODILESS,
    Cut,
    Effect,
    ExpireToken,
    Garbled,
    Redirect,
    Status,
    Throttle,
)
from reconciler.emulator.world import Answer

if TYPE_CHECKING:
    from reconciler.emulator.faults import Ending
    from reconciler.emulator.world import Changes, CustomerQualifications

SIGN_IN_PAGE: Final = "<!DOCTYPE html><html><title>Sign in</title><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection ends. `sent` is the answer that is cut in half, None where nothing is sent."""

    reset: bool = False
    sent: Answer | None = None


def is_done_first(ending: Ending) -> bool:
    """Tell whether the service does what was asked before this fault strikes."""
    match ending:
        case Cut():
            return ending.kind in {"drop-after", "truncate"}
        case Garbled(effect=None):
            return ending.kind != "wrong-content-type"
        case Garbled() | Status():
            return ending.effect is Effect.AFTER
        case Throttle() | Redirect() | ExpireToken():
            return False
        case _:
            assert_never(ending)


def spoil(ending: Ending, given: Answer) -> Answer | Broken:
    """Make the fault's answer of the `given` one, keeping the headers that every answer has."""
    match ending:
        case Cut():
            return Broken(ending.kind == "refuse", given if ending.kind == "truncate" else None)
        case Garbled():
            return replace(_garbled(ending), headers=given.headers)
        case Status():
            return _with(_stated(ending), given, ending.headers)
        case Throttle():
            after = {} if ending.retry_after is None else {"Retry-After": str(ending.retry_after)}
            return _with(plain(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests."), given, after)
        case Redirect():
            moved = plain(HTTPStatus.FOUND, "Found elsewhere.")
            return _with(moved, given, {"Location": ending.location})
        case ExpireToken():
            return _with(plain(HTTPStatus.UNAUTHORIZED, "The token has expired."), given, {})
        case _:
            assert_never(ending)


def _with(made: Answer, given: Answer, headers: dict[str, str]) -> Answer:
    return replace(made, headers=(*given.headers, *headers.items()))


def _garbled(ending: Garbled) -> Answer:
    match ending.kind:
        case "wrong-content-type":
            return Answer(HTTPStatus.OK, SIGN_IN_PAGE, "text/html; charset=utf-8")
        case "empty":
            return Answer(HTTPStatus.OK, "")
        case "garbage":
            return Answer(HTTPStatus.OK, '[{"qualification": "Educ')
        case _:
            assert_never(ending.kind)


def _stated(ending: Status) -> Answer:
    if ending.body is not None:
        return Answer(ending.status, ending.body, "text/plain; charset=utf-8")
    if ending.json_body is not None:
        return Answer(ending.status, json.dumps(ending.json_body))
    if ending.status in BODILESS:
        return Answer(ending.status, "")
    return plain(ending.status, "A fault of the emulator.")


@dataclass(slots=True)
class _Behind:
    standing: CustomerQualifications
    reads: int


@dataclass(slots=True)
class Lags:
    """The customers whose reads are behind."""

    _behind: dict[str, _Behind] = field(default_factory=dict)

    def fall_behind(self, customer_id: str, standing: CustomerQualifications, reads: int) -> None:
        """Let the next `reads` see `standing`, or what they see already where they are behind."""
        earlier = self._behind.get(customer_id)
        seen = standing if earlier is None else earlier.standing
        self._behind[customer_id] = _Behind(seen, reads)

    def seen_by_read(self, customer_id: str, changes: Changes) -> Changes:
        """Tell the changes as this read of the customer sees them, and count it."""
        behind = self._behind.get(customer_id)
        if behind is None:
            return changes
        behind.reads -= 1
        if behind.reads == 0:
            del self._behind[customer_id]
        return changes.with_standing(customer_id, behind.standing)

    def catch_up(self) -> None:
        self._behind.clear()
