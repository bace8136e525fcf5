"""The faults document is read strictly."""

from __future__ import annotations

import pytest

from reconciler.emulator import faults
from reconciler.emulator.faults import (
    Cut,
    Delay,
    ExpireToken,
    Fault,
    FiresWhen,
    Garbled,
    Lag,
    NoIdempotency,
    RateLimit,
    Redirect,
    Status,
    Throttle,
    read_faults,
)
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import PLAIN, script

EVERY_KIND: list[tuple[dict[str, object], Fault]] = [
    ({"kind": "refuse"}, Cut(kind="refuse")),
    ({"kind": "drop-before"}, Cut(kind="drop-before")),
    ({"kind": "drop-after"}, Cut(kind="drop-after")),
    ({"kind": "truncate"}, Cut(kind="truncate")),
    ({"kind": "delay", "seconds": 1}, Delay(kind="delay", seconds=1)),
    (
        {"kind": "delay", "seconds": 0.5, "effect": "after"},
        Delay(kind="delay", seconds=0.5, effect=FiresWhen.AFTER),
    ),
    ({"kind": "wrong-content-type"}, Garbled(kind="wrong-content-type")),
    ({"kind": "empty", "effect": "before"}, Garbled(kind="empty", effect=FiresWhen.BEFORE)),
    ({"kind": "garbage"}, Garbled(kind="garbage")),
    (
        {"kind": "status", "status": 503, "json": {"a": 1}, "headers": {"X-A": "b"}},
        Status.model_validate(
            {"kind": "status", "status": 503, "json": {"a": 1}, "headers": {"X-A": "b"}}
        ),
    ),
    (
        {"kind": "throttle", "retryAfter": 2},
        Throttle.model_validate({"kind": "throttle", "retryAfter": 2}),
    ),
    ({"kind": "throttle"}, Throttle(kind="throttle")),
    (
        {"kind": "rate-limit", "perMinute": 1800, "burst": 30, "retryAfter": 1},
        RateLimit.model_validate(
            {"kind": "rate-limit", "perMinute": 1800, "burst": 30, "retryAfter": 1}
        ),
    ),
    (
        {"kind": "rate-limit", "perMinute": 60},
        RateLimit.model_validate({"kind": "rate-limit", "perMinute": 60, "burst": 1}),
    ),
    ({"kind": "redirect", "location": "/x"}, Redirect(kind="redirect", location="/x")),
    ({"kind": "lag", "reads": 2}, Lag(kind="lag", reads=2)),
    ({"kind": "lag", "seconds": 2.5}, Lag(kind="lag", seconds=2.5)),
    (
        {"kind": "no-idempotency", "duplicates": "accept"},
        NoIdempotency(kind="no-idempotency", duplicates="accept"),
    ),
    ({"kind": "expire-token", "after": 3}, ExpireToken(kind="expire-token", after=3)),
]


@pytest.mark.parametrize(("written", "fault"), EVERY_KIND)
def test_every_kind_is_read(written: dict[str, object], fault: Fault) -> None:
    """Each kind with its own keys is read."""
    assert read_faults(script(written)).faults == (fault,)


@pytest.mark.parametrize("kind", [written["kind"] for written, _ in EVERY_KIND])
def test_every_kind_is_documented(kind: str) -> None:
    """The module's docstring has each kind in its table."""
    assert f"| `{kind}`" in (faults.__doc__ or "")


def test_every_matcher_is_read() -> None:
    """call, customer, method, times, after and probability are read, the id in lower case."""
    written = {
        "kind": "refuse",
        "call": "createQualification",
        "customer": PLAIN.upper(),
        "method": "POST",
        "times": 2,
        "after": 1,
        "probability": 0.5,
    }
    document = read_faults(script(written, seed=7))
    assert document.seed == 7
    assert document.faults[0].model_dump() == written | {"customer": PLAIN}


@pytest.mark.parametrize("empty", [{}, {"seed": 1}, {"faults": []}])
def test_a_document_may_be_empty(empty: dict[str, object]) -> None:
    """Without faults nothing is wrong."""
    assert read_faults(empty).faults == ()


def fault(**keys: object) -> dict[str, object]:
    return script({"kind": "refuse"}, keys)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (fault(kind="explode"), "faults[1]"),
        (fault(call="any"), "faults[1]"),
        (fault(kind="refuse", call="qualifications"), "is no call: readQualifications"),
        (fault(kind="refuse", customer="x"), "is no GUID"),
        (fault(kind="refuse", method="PUT"), "method"),
        (fault(kind="refuse", times=0), "times"),
        (fault(kind="refuse", times="3"), "times"),
        (fault(kind="refuse", after=-1), "after"),
        (fault(kind="refuse", probability=1.5), "probability"),
        (fault(kind="refuse", seconds=1), "seconds is not known here"),
        (fault(kind="delay"), "seconds is missing"),
        (fault(kind="delay", seconds=-1), "seconds"),
        (fault(kind="delay", seconds=float("inf")), "seconds"),
        (fault(kind="expire-token", probability=0.5), "probability"),
        (fault(kind="status"), "status is missing"),
        (fault(kind="status", status=100), "status"),
        (fault(kind="status", status=500, effect="later"), "effect"),
        (fault(kind="status", status=500, body="a", json=1), "2 bodies are too many"),
        (fault(kind="status", status=204, body="a"), "1 bodies are too many"),
        (fault(kind="status", status=500, headers={"Content-Length": "1"}), "length of a body"),
        (fault(kind="status", status=500, headers={"A": "b\r\nC: d"}), "headers"),
        (fault(kind="status", status=500, headers={"A b": "c"}), "headers"),
        (fault(kind="throttle", retryAfter=-1), "retryAfter"),
        (fault(kind="rate-limit"), "perMinute"),
        (fault(kind="rate-limit", perMinute=0), "perMinute"),
        (fault(kind="rate-limit", perMinute=60, burst=0), "burst"),
        (fault(kind="redirect"), "location is missing"),
        (fault(kind="lag"), "either reads or seconds is due"),
        (fault(kind="lag", reads=1, seconds=1), "either reads or seconds is due"),
        (fault(kind="lag", seconds=0), "seconds"),
        (fault(kind="lag", reads=1, call="customer"), "call"),
        (fault(kind="no-idempotency", duplicates="twice"), "duplicates"),
        ({"fault": []}, "fault is not known here"),
        ({"seed": "x"}, "seed"),
        ({"faults": {}}, "faults"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(wrong: dict[str, object], told: str) -> None:
    """A wrong document is refused, and the message names the place."""
    with pytest.raises(ConfigurationError, match="the faults document is invalid") as refused:
        read_faults(wrong)
    assert told in refused.value.message
