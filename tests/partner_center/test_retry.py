"""The table of failures, the schedule of repeats, and Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.partner_center.retry import (
    EXCEPTIONS,
    UNFORESEEN,
    Effect,
    GiveUp,
    RetryTimes,
    Schedule,
    parse_retry_after,
    row_of,
    verdict_of_answer,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def exceptions_of_httpx() -> set[type[Exception]]:
    """Every exception class that httpx has, public or not."""
    found: set[type[Exception]] = set()
    waiting: list[type[BaseException]] = [Exception]
    while waiting:
        waiting.extend(more := waiting.pop().__subclasses__())
        found |= {
            each
            for each in more
            if issubclass(each, Exception) and each.__module__.partition(".")[0] == "httpx"
        }
    return found


def test_the_table_has_every_exception_of_httpx() -> None:
    """An exception that httpx gains must be judged by a person before it is relied upon."""
    public = {each for each in vars(httpx).values() if _is_exception(each)}
    assert len(public) > 20
    assert public <= exceptions_of_httpx() <= set(EXCEPTIONS)


def _is_exception(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, Exception)


CERTAINLY_NOT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
}
NOT_REPEATED = {
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    httpx.ProtocolError,
    httpx.HTTPError,
    httpx.RequestError,
    httpx.HTTPStatusError,
    httpx.TooManyRedirects,
    httpx.CookieConflict,
    httpx.StreamError,
    httpx.StreamConsumed,
    httpx.StreamClosed,
    httpx.ResponseNotRead,
    httpx.RequestNotRead,
}


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_only_what_was_never_sent_certainly_did_not_happen(kind: type[Exception]) -> None:
    """A create counts as not done only where no byte of it can have left."""
    effect = EXCEPTIONS[kind].verdict.effect
    certain = kind in CERTAINLY_NOT
    assert effect is (Effect.CERTAINLY_NOT if certain else Effect.MAY_HAVE)


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_reads_are_repeated_where_that_can_help(kind: type[Exception]) -> None:
    """A lost connection may come back; a mistake of ours stays one."""
    assert EXCEPTIONS[kind].verdict.repeat is (kind not in NOT_REPEATED)


def test_an_exception_is_judged_by_its_nearest_base() -> None:
    """A class that the table lacks is judged as its base; one without a base, with most caution."""

    class Newer(httpx.ReadTimeout):
        pass

    assert row_of(Newer("")) is EXCEPTIONS[httpx.ReadTimeout]
    assert row_of(ConnectionResetError()) is EXCEPTIONS[OSError]
    assert row_of(RuntimeError()) is UNFORESEEN
    assert UNFORESEEN.verdict.effect is Effect.MAY_HAVE


@pytest.mark.parametrize(
    ("status", "whole", "effect", "repeat"),
    [
        (200, True, Effect.MAY_HAVE, False),
        (200, False, Effect.MAY_HAVE, True),
        (201, False, Effect.MAY_HAVE, True),
        (204, False, Effect.MAY_HAVE, True),
        (301, True, Effect.MAY_HAVE, False),
        (302, True, Effect.MAY_HAVE, False),
        (400, True, Effect.DECIDED, False),
        (401, True, Effect.DECIDED, False),
        (403, True, Effect.DECIDED, False),
        (404, True, Effect.DECIDED, False),
        (408, True, Effect.MAY_HAVE, True),
        (409, True, Effect.DECIDED, False),
        (425, True, Effect.CERTAINLY_NOT, True),
        (429, True, Effect.CERTAINLY_NOT, True),
        (499, True, Effect.MAY_HAVE, True),
        (500, True, Effect.MAY_HAVE, True),
        (502, False, Effect.MAY_HAVE, True),
        (503, True, Effect.MAY_HAVE, True),
        (504, True, Effect.MAY_HAVE, True),
    ],
)
def test_every_status_and_broken_body_has_its_verdict(
    status: int, *, whole: bool, effect: Effect, repeat: bool
) -> None:
    """For a create: did it happen? For a read: may it be sent again?"""
    verdict = verdict_of_answer(status, whole=whole)
    assert (verdict.effect, verdict.repeat) == (effect, repeat)


@given(st.integers(200, 599), st.booleans(), st.sampled_from([True, False, None]))
def test_the_hint_never_changes_what_happened(status: int, whole: bool, hint: bool | None) -> None:
    """`isRetryable` turns no definite no of a create into a repeat, and no doubt into certainty."""
    plain = verdict_of_answer(status, whole=whole)
    assert verdict_of_answer(status, whole=whole, hint=hint).effect is plain.effect


@pytest.mark.parametrize(
    ("status", "hint", "repeat"),
    [
        (500, False, False),
        (503, True, True),
        (404, True, True),
        (400, False, False),
        (401, True, False),
        (429, False, True),
    ],
)
def test_the_hint_guides_the_repeating_of_reads(status: int, *, hint: bool, repeat: bool) -> None:
    """It stops repeats of a 5xx, allows those of a 4xx, and changes no 401 and no 429."""
    assert verdict_of_answer(status, hint=hint).repeat is repeat


def waits(
    times: RetryTimes, chance: float, retry_after: float | None = None
) -> list[float | GiveUp]:
    """What the schedule says of tries that fail at once, up to its giving up."""
    schedule, waited = Schedule(times), list[float | GiveUp]()
    while not waited or not isinstance(waited[-1], GiveUp):
        waited.append(schedule.next_wait(0.0, retry_after, chance))
    return waited


def test_waits_double_up_to_the_largest() -> None:
    """With full jitter at its top, the waits are 0.5, 1, 2, 4 seconds, and never above 8."""
    assert waits(RetryTimes(), 1.0) == [0.5, 1.0, 2.0, 4.0, GiveUp("after 5 tries")]
    long = waits(RetryTimes(tries=50, total=1000.0), 1.0)
    assert max(each for each in long if isinstance(each, float)) == 8.0


def test_jitter_is_full() -> None:
    """The waits lie anywhere between nothing and the backoff, so that callers spread."""
    assert waits(RetryTimes(), 0.0)[:4] == [0.0, 0.0, 0.0, 0.0]
    assert waits(RetryTimes(), 0.5)[:4] == [0.25, 0.5, 1.0, 2.0]


def test_tries_are_bounded_by_time_too() -> None:
    """A try is not begun where its wait would end after the total time."""
    schedule = Schedule(RetryTimes(total=60.0))
    assert schedule.next_wait(30.0, None, 1.0) == 0.5
    assert schedule.next_wait(29.0, None, 1.0) == GiveUp("after 60 seconds")


def test_one_try_is_no_repeat() -> None:
    """With one try allowed there is none after it."""
    assert waits(RetryTimes(tries=1), 0.5) == [GiveUp("after 1 try")]


def test_what_the_service_asks_is_waited_out_and_then_some() -> None:
    """Retry-After is a floor: the jitter comes on top, also where it has passed already."""
    assert waits(RetryTimes(), 1.0, retry_after=10.0)[:2] == [10.5, 11.0]
    assert waits(RetryTimes(), 1.0, retry_after=0.0)[:2] == [0.5, 1.0]


def test_waits_that_were_asked_for_have_a_bound_of_their_own() -> None:
    """A minute that the service asks for is not taken from the total, yet all of it is bounded."""
    assert waits(RetryTimes(), 0.0, retry_after=60.0) == [
        60.0,
        60.0,
        GiveUp("as the service asks to wait 60 seconds"),
    ]
    absurd = GiveUp("as the service asks to wait 86400 seconds")
    assert waits(RetryTimes(), 0.5, retry_after=86400.0) == [absurd]


@given(
    st.builds(
        RetryTimes,
        tries=st.integers(1, 40),
        first=st.floats(0, 10),
        largest=st.floats(0, 60),
        total=st.floats(0, 600),
        retry_after=st.floats(0, 600),
    ),
    st.lists(
        st.tuples(st.floats(0, 100), st.none() | st.floats(0, 1000), st.floats(0, 1)),
        min_size=40,
        max_size=40,
    ),
)
def test_a_schedule_always_ends_within_its_bounds(
    times: RetryTimes, failures: list[tuple[float, float | None, float]]
) -> None:
    """Whatever a try takes, is requested and however chance falls: bounded tries, bounded time."""
    schedule, spent, tries = Schedule(times), 0.0, 1
    for took, retry_after, chance in failures:
        wait = schedule.next_wait(took, retry_after, chance)
        if isinstance(wait, GiveUp):
            break
        assert wait >= (retry_after or 0)
        spent += took + wait
        tries += 1
    assert tries <= times.tries
    assert spent <= times.total + times.retry_after + 1e-6


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("1_000", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("9" * 400, 86400.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:05:05", 60.0),
        ("Fri, 02 Jan 2026 02:05:05 GMT", 0.0),
        ("Sun, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Fri, 99 Jan 2026 03:05:05 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    """Both forms of the header are read; the past is 0, a day is the most, nonsense is nothing."""
    assert parse_retry_after(text, NOW) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_makes_the_reading_fall_over(text: str) -> None:
    """Whatever the header holds becomes nothing, or seconds between none and a day."""
    seconds = parse_retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= timedelta(days=1).total_seconds()
