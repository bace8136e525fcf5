"""The audit records: what is asked, every page of it, and what is made of a record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import pytest

from reconciler.model.audit import AuditRecord
from reconciler.model.errors import UnreadableAnswer
from reconciler.partner_center.calls import Call, ServiceAnswer
from reconciler.partner_center.paging import audit_records
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from reconciler.partner_center.body import Json

SINCE: Final = date(2026, 1, 31)
RECORD: Final[dict[str, Json]] = {
    "partnerId": "9c2ad1c0-2d6f-4b7e-a5e4-6f3e2f2c9d10",
    "customerId": CONTOSO.upper(),
    "customerName": "Contoso",
    "userPrincipalName": "admin@partner.example",
    "applicationId": "5f2a",
    "resourceType": "customer",
    "resourceNewValue": '{"Qualification":"Education"}',
    "operationType": "update_customer_qualification",
    "originalCorrelationId": "c0ffee",
    "operationDate": "2026-02-01T03:04:05.6832021+00:00",
    "operationStatus": "succeeded",
}


def answer(**body: Json) -> ServiceAnswer:
    return ServiceAnswer(HTTPStatus.OK, {"content-type": "application/json"}, dict(body))


def read(*pages: ServiceAnswer) -> tuple[list[AuditRecord], list[Call]]:
    listing, records, calls = audit_records(SINCE, CONTOSO), list[AuditRecord](), list[Call]()
    waiting = list(pages)
    while (call := listing.next_call) is not None:
        calls.append(call)
        records += listing.take(call, waiting.pop(0))
    return records, calls


def test_the_call() -> None:
    """The start date always, and one customer by the filter that the page names."""
    [call] = read(answer(items=[]))[1]
    query = parse_qs(call.query)
    assert call.path == "/v1/auditrecords"
    assert query["startDate"] == ["2026-01-31"]
    assert json.loads(query["filter"][0]) == {
        "Field": "CustomerId",
        "Value": CONTOSO,
        "Operator": "equals",
    }


def test_a_record() -> None:
    """Who, when, what and with which correlation id."""
    [record] = read(answer(items=[RECORD], totalCount=1))[0]
    assert record == AuditRecord(
        at=datetime(2026, 2, 1, 3, 4, 5, 683202, UTC),
        customer_id=CONTOSO,
        operation="update_customer_qualification",
        status="succeeded",
        user="admin@partner.example",
        application="5f2a",
        correlation_id="c0ffee",
        qualification="Education",
    )
    assert (record.who, record.sets_qualification, record.succeeded) == (record.user, True, True)


def test_a_record_that_tells_little() -> None:
    """Only the operation is needed; an odd date and an odd value hide no record."""
    odd: Json = {"operationType": "add_customer", "operationDate": "soon", "resourceNewValue": "{"}
    [record] = read(answer(items=[odd]))[0]
    assert (record.at, record.qualification, record.who) == (None, None, "unknown")


def test_every_page_and_no_record_for_another() -> None:
    """Two records that read the same are two."""
    following: Json = {"next": {"uri": "/auditrecords?size=1&seekOperation=Next", "headers": []}}
    first = answer(items=[RECORD], totalCount=2, links=following, continuationToken="t")
    records, calls = read(first, answer(items=[RECORD], totalCount=2))
    assert len(records) == 2
    assert calls[1].continuation == "t"


def test_another_list_is_not_followed() -> None:
    """A next page that leads to the customers is no page of audit records."""
    elsewhere: Json = {"next": {"uri": "/v1/customers?size=1", "headers": []}}
    with pytest.raises(UnreadableAnswer, match="is not a page of audit records"):
        read(answer(items=[RECORD], links=elsewhere))
