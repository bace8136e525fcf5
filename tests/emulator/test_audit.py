"""Audit records tell who changed which qualification, as far as the service keeps them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.emulator.routing import Request
from reconciler.emulator.seed import read_seed
from reconciler.emulator.vetting import VettingDecision, VettingRequest, vet
from reconciler.model.secret import Secret
from tests.emulator.worlds import (
    DENIED,
    MADE_GCC,
    MADE_SOE,
    NOW_TEXT,
    PLAIN,
    SOE,
    Desk,
    jwt,
    qualifications_of,
    seed,
    wire,
)

EARLIER = {
    "customerId": PLAIN,
    "qualification": "Education",
    "operationDate": "2026-02-20T10:00:00.1234567Z",
    "userPrincipalName": "portal@fabrikam.example",
    "originalCorrelationId": "the-portals",
}


def records(desk: Desk, **query: str) -> Any:
    return wire(desk.get("/v1/auditrecords", **query))["items"]


def seeded(*said: dict[str, str], delay: float = 0) -> Desk:
    return Desk(seed() | {"auditRecords": [EARLIER | each for each in said], "auditDelay": delay})


def test_a_create_is_one_record() -> None:
    """Its customer, operation, date and qualification are told; a repeat adds nothing."""
    desk = Desk()
    desk.post(PLAIN, MADE_GCC, "same")
    desk.post(PLAIN, MADE_GCC, "same")
    (record,) = records(desk)
    assert (record["customerId"], record["customerName"]) == (PLAIN, "Plain School")
    assert (record["operationDate"], record["operationStatus"]) == (NOW_TEXT, "succeeded")
    assert record["operationType"] == "update_customer_qualification"
    assert record["customizedData"] == [
        {"key": "Qualification", "value": "GovernmentCommunityCloud"}
    ]


def test_a_record_has_the_correlation_id_of_the_post() -> None:
    """originalCorrelationId is the MS-CorrelationId of the POST that took effect."""
    desk = Desk()
    body = json.dumps(MADE_SOE).encode()
    request = Request(
        "POST",
        qualifications_of(PLAIN),
        "r",
        "the-posts",
        Secret("user"),
        content_type="application/json",
        body=body,
    )
    desk.ask(request)
    desk.ask(replace(request, correlation_id="the-repeats"))
    assert [record["originalCorrelationId"] for record in records(desk)] == ["the-posts"]


@pytest.mark.parametrize(
    ("token", "user", "application"),
    [
        ("user", "admin@fabrikam.onmicrosoft.com", None),
        (
            jwt(scp="x", upn="ann@fabrikam.example", appid="the-app"),
            "ann@fabrikam.example",
            "the-app",
        ),
        (jwt(scp="x", preferred_username="bo@b.example", azp="v2"), "bo@b.example", "v2"),
        (jwt(scp="x", upn=7), "admin@fabrikam.onmicrosoft.com", None),
    ],
)
def test_a_record_names_the_tokens_user(token: str, user: str, application: str | None) -> None:
    """The user and the application are those of the token's claims."""
    desk = Desk()
    body = json.dumps(MADE_SOE).encode()
    desk.ask(
        Request(
            "POST",
            qualifications_of(PLAIN),
            "r",
            "c",
            Secret(token),
            content_type="application/json",
            body=body,
        )
    )
    (record,) = records(desk)
    assert (record["userPrincipalName"], record.get("applicationId")) == (user, application)


def test_a_refused_create_leaves_no_record() -> None:
    """What changed nothing is not told."""
    desk = Desk()
    assert desk.post(SOE, MADE_SOE).status == 409
    assert records(desk) == []


def test_a_vetting_decision_leaves_no_record() -> None:
    """The records are of the partner's operations; vetting is Microsoft's."""
    desk = Desk()
    request = VettingRequest(DENIED, "Education", VettingDecision.APPROVE)
    desk.changes = vet(read_seed(desk.seed), desk.changes, request, desk.now)
    assert records(desk) == []


def test_records_of_the_seed_are_told_beside_the_runs() -> None:
    """What others did before comes with who did it, the newest record first."""
    desk = seeded({"operationStatus": "failed"}, {"operationType": "update_subscription"})
    desk.post(PLAIN, MADE_SOE)
    newest, failed, other = records(desk)
    assert newest["operationDate"] == NOW_TEXT
    assert (failed["operationStatus"], failed["userPrincipalName"]) == (
        "failed",
        "portal@fabrikam.example",
    )
    assert (failed["operationType"], other["operationType"]) == (
        "update_customer_qualification",
        "update_subscription",
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 1),
        ({"startdate": "2026-02-20"}, 1),
        ({"startdate": "2/20/2026 12:00:00 AM"}, 1),
        ({"startdate": "2026-02-21"}, 0),
        ({"startdate": "2026-01-01", "enddate": "2026-02-20"}, 1),
        ({"startdate": "2026-01-01", "enddate": "2026-02-19"}, 0),
        ({"startdate": "2025-12-04"}, 1),
    ],
)
def test_a_window_has_both_its_days(query: dict[str, str], count: int) -> None:
    """The first and the last day count; without any, the last 30 days are told."""
    assert len(records(seeded({}), **query)) == count


def test_without_a_start_date_there_are_thirty_days() -> None:
    """What is older is told only where a start date asks for it."""
    desk = seeded({"operationDate": "2026-02-01T00:00:00Z"})
    assert (records(desk), len(records(desk, startdate="2026-02-01"))) == ([], 1)


@pytest.mark.parametrize("day", ["2025-12-03", "2020-01-01", "yesterday", "2026-13-01"])
def test_an_older_or_unreadable_start_date_is_refused(day: str) -> None:
    """Before the 90 days, or no date at all: 400, and never an empty list."""
    assert Desk().get("/v1/auditrecords", startdate=day).status == 400


def test_a_record_may_take_its_time() -> None:
    """With `auditDelay` a record shows so many seconds after the operation, not earlier."""
    desk = seeded(delay=3600)
    desk.now = desk.now.replace(microsecond=0)
    desk.post(PLAIN, MADE_SOE)
    desk.now += timedelta(seconds=3599)
    assert records(desk) == []
    desk.now += timedelta(seconds=1)
    assert len(records(desk)) == 1


@pytest.mark.parametrize(
    ("field", "operator", "value", "count"),
    [
        ("CustomerId", "equals", PLAIN.upper(), 1),
        ("CustomerId", "equals", SOE, 0),
        ("CompanyName", "substring", "school", 1),
        ("CompanyName", "substring", "Owned", 0),
        ("ResourceType", "equals", "Customer", 1),
        ("ResourceType", "equals", "order", 0),
    ],
)
def test_records_are_filtered(field: str, operator: str, value: str, count: int) -> None:
    """By customer, company name or type of resource, without case."""
    chosen = json.dumps({"Field": field, "Value": value, "Operator": operator})
    assert len(records(seeded({}), filter=chosen)) == count


def test_records_come_in_pages() -> None:
    """They page as the customers do, and the next page keeps the window."""
    desk = seeded({}, {"operationDate": "2026-01-05T00:00:00Z"}, {})
    first = wire(desk.get("/v1/auditrecords", size="2", startdate="2026-01-01"))
    query = {"seekoperation": "next"}
    request = Request("GET", "/v1/auditrecords", "r", "c", Secret("app"), query)
    last = wire(desk.ask(replace(request, continuation=first["continuationToken"])))
    assert [len(page["items"]) for page in (first, last)] == [2, 1]
    assert last["items"][0]["operationDate"] == "2026-01-05T00:00:00Z"
