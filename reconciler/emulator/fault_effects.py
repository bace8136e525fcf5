"""What a fault makes of an answer: pure, it decides neither when nor whether."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.faults import (
    BODILESS,
    Cut,
    ExpireToken,
    FiresWhen,
    Garbled,
    RateLimit,
    Redirect,
    Status,
    Throttle,
)
from reconciler.emulator.responses import plain_error
from reconciler.emulator.world import Response

if TYPE_CHECKING:
    from reconciler.emulator.faults import Ending, Lag
    from reconciler.emulator.world import Changes, CustomerQualifications

SIGN_IN_PAGE: Final = "<!DOCTYPE html><html><title>Sign in</title><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection ends. `sent` is the answer that is cut in half, None where nothing is sent."""

    reset: bool = False
    sent: Response | None = None


def acts_first(ending: Ending) -> bool:
    """Whether the service does what was asked before this fault fires."""
    match ending:
        case Cut():
            return ending.kind in {"drop-after", "truncate"}
        case Garbled(effect=None):
            return ending.kind != "wrong-content-type"
        case Garbled() | Status():
            return ending.effect is FiresWhen.AFTER
        case Throttle() | RateLimit() | Redirect() | ExpireToken():
            return False
        case _:
            assert_never(ending)


def faulty_answer(ending: Ending, given: Response) -> Response | Broken:
    """Make the fault's answer of the `given` one, keeping the headers that every answer has."""
    match ending:
        case Cut():
            return Broken(ending.kind == "refuse", given if ending.kind == "truncate" else None)
        case Garbled():
            return replace(_garbled(ending), headers=given.headers)
        case Status():
            return _with(_stated(ending), given, ending.headers)
        case Throttle() | RateLimit():
            after = {} if ending.retry_after is None else {"Retry-After": str(ending.retry_after)}
            return _with(
                plain_error(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests."), given, after
            )
        case Redirect():
            moved = plain_error(HTTPStatus.FOUND, "Found elsewhere.")
            return _with(moved, given, {"Location": ending.location})
        case ExpireToken():
            return _with(plain_error(HTTPStatus.UNAUTHORIZED, "The token has expired."), given, {})
        case _:
            assert_never(ending)


def _with(made: Response, given: Response, headers: dict[str, str]) -> Response:
    return replace(made, headers=(*given.headers, *headers.items()))


def _garbled(ending: Garbled) -> Response:
    match ending.kind:
        case "wrong-content-type":
            return Response(HTTPStatus.OK, SIGN_IN_PAGE, "text/html; charset=utf-8")
        case "empty":
            return Response(HTTPStatus.OK, "")
        case "garbage":
            return Response(HTTPStatus.OK, '[{"qualification": "Educ')
        case _:
            assert_never(ending.kind)


def _stated(ending: Status) -> Response:
    if ending.body is not None:
        return Response(ending.status, ending.body, "text/plain; charset=utf-8")
    if ending.json_body is not None:
        return Response(ending.status, json.dumps(ending.json_body))
    if ending.status in BODILESS:
        return Response(ending.status, "")
    return plain_error(ending.status, "A fault of the emulator.")


@dataclass(slots=True)
class _Behind:
    """What is `seen` in place of a create: by so many more reads, or by those until then."""

    seen: CustomerQualifications
    reads: float
    until: float


@dataclass(slots=True)
class Lags:
    """The customers whose reads are behind, with the creates that these don't show yet."""

    _behind: dict[str, list[_Behind]] = field(default_factory=dict)

    def fall_behind(
        self, customer_id: str, before: CustomerQualifications, lag: Lag, at: float
    ) -> None:
        """Let the reads that lag see `before`, or what an earlier create's reads see so long."""
        until = inf if lag.seconds is None else at + lag.seconds
        behind = _Behind(before, inf if lag.reads is None else lag.reads, until)
        self._behind.setdefault(customer_id, []).append(behind)

    def seen_by_read(self, customer_id: str, changes: Changes, at: float) -> Changes:
        """The changes as this read of the customer sees them; the read is counted."""
        if customer_id not in self._behind:
            return changes
        behind = [each for each in self._behind[customer_id] if each.until > at]
        self._behind[customer_id] = [each for each in behind if each.reads > 1]
        for each in behind:
            each.reads -= 1
        return changes.with_qualifications(customer_id, behind[0].seen) if behind else changes

    def catch_up(self) -> None:
        self._behind.clear()
