"""Answers for the audit records: who changed which qualification, and when, for 90 days.

Microsoft's own vetting decisions are no operation of the partner, so there is no record of them.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator.filters import SearchField, select
from reconciler.emulator.paging import QueryRefused, cut_page, read_page
from reconciler.emulator.responses import json_response
from reconciler.emulator.world import PARTNER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.routing import Request
    from reconciler.emulator.world import AuditRecord, Live, Response

LONGEST_HISTORY: Final = timedelta(days=90)
USUAL_HISTORY: Final = timedelta(days=30)
"""Where no start date is named ("Get a record of Partner Center activity")."""

RESOURCE: Final = "customer"


def audit_records(live: Live, request: Request, now: datetime) -> Response:
    """Answer the newest first. Raise QueryRefused for a start date before the 90 days."""
    page = read_page(request)
    names = {each.customer_id: each.name for each in live.world.customers.values()}
    fields: tuple[SearchField[AuditRecord], ...] = (
        SearchField("customerid", "equals", lambda record: record.customer_id),
        SearchField("companyname", "substring", lambda record: names.get(record.customer_id, "")),
        SearchField("resourcetype", "equals", lambda _: RESOURCE),
    )
    records = select(_recorded(live, page.query, now), page.query, fields)
    records.sort(key=lambda record: record.instant, reverse=True)
    body = cut_page("/auditrecords", page, records, lambda record: _describe(record, names))
    return json_response(HTTPStatus.OK, body)


def _recorded(live: Live, query: Mapping[str, str], now: datetime) -> list[AuditRecord]:
    """What happened in the days that are asked for; a record takes the seed's delay to appear."""
    first = _day(query, "startdate", (now - USUAL_HISTORY).date())
    last = _day(query, "enddate", now.date())
    if first < (now - LONGEST_HISTORY).date():
        raise QueryRefused("2001", f"There are records of {LONGEST_HISTORY.days} days only.")
    appeared = now - live.world.audit_delay
    records = (*live.world.audit_records, *live.changes.audit_records)
    return [each for each in records if each.instant <= appeared and first <= each.day <= last]


def _day(query: Mapping[str, str], name: str, otherwise: date) -> date:
    """Read a day as the page names it, `yyyy-mm-dd`, or as its own sample does."""
    text = query.get(name, "")
    if not text:
        return otherwise
    for spelling in ("%Y-%m-%d", "%m/%d/%Y %I:%M:%S %p"):
        try:
            return datetime.strptime(text, spelling).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise QueryRefused("2001", f"{name} is no date, such as 2026-01-31.")


def _describe(record: AuditRecord, names: Mapping[str, str]) -> dict[str, object]:
    """`originalCorrelationId` is in no documented sample; the service's own SDK has it."""
    described = {
        "partnerId": PARTNER_ID,
        "customerId": record.customer_id,
        "customerName": names.get(record.customer_id),
        "userPrincipalName": record.user,
        "applicationId": record.application_id,
        "resourceType": RESOURCE,
        "resourceNewValue": json.dumps({"Qualification": record.qualification}),
        "operationType": record.operation,
        "originalCorrelationId": record.correlation_id,
        "operationDate": record.operation_date,
        "operationStatus": record.status,
        "customizedData": [{"key": "Qualification", "value": record.qualification}],
        "attributes": {"objectType": "AuditRecord"},
    }
    return {name: value for name, value in described.items() if value is not None}
