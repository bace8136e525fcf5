"""Answers for the lists of the partner: the customers, page by page, and the validation codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator.filters import SearchField, select
from reconciler.emulator.paging import cut_page, read_page
from reconciler.emulator.reads import describe_customer
from reconciler.emulator.responses import json_response
from reconciler.emulator.world import PARTNER_ID

if TYPE_CHECKING:
    from reconciler.emulator.routing import Request
    from reconciler.emulator.world import Customer, Live, Response, World

CUSTOMER_FIELDS: Final[tuple[SearchField[Customer], ...]] = (
    SearchField("companyname", "starts_with", lambda customer: customer.name),
    SearchField("domain", "starts_with", lambda customer: customer.domain or ""),
)


def customers_page(world: World, request: Request) -> Response:
    """Raise QueryRefused for a size, a token or a filter that isn't one."""
    page = read_page(request)
    customers = select(world.customers.values(), page.query, CUSTOMER_FIELDS)
    return json_response(HTTPStatus.OK, cut_page("/customers", page, customers, describe_customer))


def validations(live: Live) -> Response:
    """List what each code has left. `validationId` is the code itself, as the SDK's sample uses it.

    A client has to treat the whole answer as it treats a code.
    """
    items = [
        {
            "partnerId": PARTNER_ID,
            "organizationName": f"Government organization {number}",
            "validationId": code.text.reveal(),
            "maxCreates": code.creates,
            "remainingCreates": code.creates - live.changes.uses.get(digest, 0),
        }
        for number, (digest, code) in enumerate(live.world.codes.items(), start=1)
    ]
    return json_response(HTTPStatus.OK, items)
