"""Which failures may be repeated, and when: one table and one schedule. It sends nothing itself.

The question about every failed call is: did it certainly not happen, or may it have happened? Only
reads are repeated by this schedule. A create is sent once; whoever sends it again asks this table
first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Effect(StrEnum):
    """What a failed call may have done at the service."""

    CERTAINLY_NOT = "certainly not"
    MAY_HAVE = "may have"
    DECIDED = "definite"
    """The service has decided: whatever the answer says is over with this call."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`repeat` says whether a read may be asked again; a create never is for that alone."""

    effect: Effect
    repeat: bool


_NOT_SENT: Final = Verdict(Effect.CERTAINLY_NOT, repeat=True)
_NEVER_SENT: Final = Verdict(Effect.CERTAINLY_NOT, repeat=False)
_LOST: Final = Verdict(Effect.MAY_HAVE, repeat=True)
_ODD: Final = Verdict(Effect.MAY_HAVE, repeat=False)


@dataclass(frozen=True, slots=True)
class Row:
    verdict: Verdict
    message: str
    """For people."""


_BROKE: Final = Row(_LOST, "the connection broke before an answer came")
_SILENT: Final = Row(_LOST, "no answer came in time")
_MISUSED: Final = Row(_ODD, "the call broke inside the HTTP library")

EXCEPTIONS: Final[Mapping[type[Exception], Row]] = MappingProxyType(
    {
        # Before a byte of the request was written.
        httpx.ConnectError: Row(_NOT_SENT, "no connection could be made"),
        httpx.ConnectTimeout: Row(_NOT_SENT, "no connection could be made in time"),
        httpx.PoolTimeout: Row(_NOT_SENT, "no connection came free in time"),
        # Raised for a refused tunnel only: the request waits behind it.
        httpx.ProxyError: Row(_NOT_SENT, "the proxy refused the connection"),
        httpx.UnsupportedProtocol: Row(_NEVER_SENT, "the address is neither http nor https"),
        httpx.InvalidURL: Row(_NEVER_SENT, "the address can't be read"),
        # While writing: the service may have all it needs already.
        httpx.WriteError: _BROKE,
        httpx.WriteTimeout: _SILENT,
        # While waiting for the answer, or in its middle.
        httpx.ReadError: _BROKE,
        httpx.ReadTimeout: _SILENT,
        httpx.CloseError: _BROKE,
        httpx.RemoteProtocolError: Row(_LOST, "the answer was cut off or is no HTTP"),
        httpx.DecodingError: Row(_LOST, "the answer can't be unpacked"),
        # Mostly before anything is sent, but httpx doesn't promise it.
        httpx.LocalProtocolError: _MISUSED,
        # The bases, for a member that a later httpx adds.
        httpx.HTTPError: _MISUSED,
        httpx.RequestError: _MISUSED,
        httpx.TransportError: _BROKE,
        httpx.TimeoutException: _SILENT,
        httpx.NetworkError: _BROKE,
        httpx.ProtocolError: _MISUSED,
        # This client never asks for what raises these.
        httpx.HTTPStatusError: _MISUSED,
        httpx.TooManyRedirects: _MISUSED,
        httpx.CookieConflict: _MISUSED,
        httpx.StreamError: _MISUSED,
        httpx.StreamConsumed: _MISUSED,
        httpx.StreamClosed: _MISUSED,
        httpx.ResponseNotRead: _MISUSED,
        httpx.RequestNotRead: _MISUSED,
        # Not httpx's: the limit on a whole attempt, and what slips past its translation.
        TimeoutError: _SILENT,
        OSError: _BROKE,
    }
)

UNFORESEEN: Final = _MISUSED
"""For an exception of no row: the create may have happened, and the read isn't repeated."""


def row_of(error: Exception) -> Row:
    """Find the row of the exception's own class, or else of its nearest base."""
    return next(
        (EXCEPTIONS[each] for each in type(error).__mro__ if each in EXCEPTIONS), UNFORESEEN
    )


CLIENT_CLOSED: Final = 499
"""What gateways answer when they gave up waiting; no standard names it."""

_TIMED_OUT: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, CLIENT_CLOSED})
_NOT_TAKEN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.TOO_EARLY})


def verdict_of_answer(status: int, *, whole: bool = True, hint: bool | None = None) -> Verdict:
    """Judge an answer that isn't what was asked for.

    `whole` says of a 2xx that it is JSON, if of an unexpected shape; `hint` is `isRetryable` where
    present. The hint can stop the repeating of a read that met a 5xx and allow that of one that met
    a 4xx. It never makes a definite no to a create anything else, nor a doubtful create certain.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _ODD if whole else _LOST
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _ODD  # whoever redirects may have passed the request on
    if status in _NOT_TAKEN:
        return _NOT_SENT
    if status in _TIMED_OUT:
        return _LOST
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict(Effect.MAY_HAVE, repeat=hint is not False)
    refused_sign_in = status == HTTPStatus.UNAUTHORIZED
    return Verdict(Effect.DECIDED, repeat=hint is True and not refused_sign_in)


@dataclass(frozen=True, slots=True)
class RetryTimes:
    """The bounds on repeating one read. All times are seconds.

    `total` bounds what its tries take, and the backoff between them; `retry_after` what is waited
    because the service asked for it, all tries together. What is waited for others' sake (a place,
    the pace) counts for neither.
    """

    tries: int = 5
    first: float = 0.5
    largest: float = 8.0
    total: float = 60.0
    retry_after: float = 120.0


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


_MOST_DOUBLINGS: Final = 30


class Schedule:
    """The waits of one read: exponential backoff with full jitter, and what the service asks."""

    def __init__(self, times: RetryTimes) -> None:
        self._times = times
        self._tried = 0
        self._spent = 0.0
        self._waited_retry_after = 0.0

    def next_wait(self, took: float, retry_after: float | None, chance: float) -> float | GiveUp:
        """After a failed try: the seconds to wait, or why there is no further try.

        `took` is how many seconds the try took; `chance` is in [0, 1).
        """
        self._tried += 1
        self._spent += took
        times = self._times
        if self._tried >= times.tries:
            return GiveUp(f"after {self._tried} {'try' if self._tried == 1 else 'tries'}")
        requested = retry_after or 0.0
        if self._waited_retry_after + requested > times.retry_after:
            return GiveUp(f"as the service asks to wait {requested:g} seconds")
        longest = min(times.largest, times.first * 2.0 ** min(self._tried - 1, _MOST_DOUBLINGS))
        own = longest * chance
        if self._spent + own > times.total:
            return GiveUp(f"after {times.total:g} seconds")
        self._spent += own
        self._waited_retry_after += requested
        return requested + own


LONGEST_RETRY_AFTER: Final = 24 * 60 * 60
"""Seconds: a Retry-After beyond a day counts as a day."""

_SECONDS: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that `Retry-After` asks for: a number or an HTTP date, 0 where that has passed.

    None where there is no header, or nothing in it that can be read.
    """
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        seconds = float(text)
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), float(LONGEST_RETRY_AFTER))
