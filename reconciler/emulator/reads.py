"""What the service answers to each GET (domain.md, section 1). It changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator.responses import (
    coded_error,
    json_response,
    no_account_status,
    wire_element,
)
from reconciler.emulator.world import qualifications_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.routing import Request
    from reconciler.emulator.world import Changes, Creation, Customer, Response, World

CUSTOMER_AGREEMENT: Final = "MicrosoftCustomerAgreement"
CLOUD_AGREEMENT: Final = "MicrosoftCloudAgreement"
LARGEST_PAGE: Final = 500
LAST_STATUS_UPDATE: Final = "2021-07-14T18:02:00"
"""UTC without a Z, as "Account validation status", seed 002, has it."""


@dataclass(frozen=True, slots=True)
class Live:
    """The world with what runs changed: all that a read looks at."""

    world: World
    changes: Changes


def qualifications(live: Live, customer: Customer) -> Response:
    held = qualifications_of(live.world, live.changes, customer.customer_id)
    return json_response(HTTPStatus.OK, [wire_element(element) for element in held.elements])


def account_status(customer: Customer, query: Mapping[str, str]) -> Response:
    if query.get("type", "").casefold() != "account":
        return coded_error(HTTPStatus.BAD_REQUEST, "2001", "The type of validation is missing.")
    if customer.account_status is None:
        return no_account_status(customer.customer_id)
    body = {
        "type": "account",
        "status": customer.account_status,
        "lastUpdateDateTime": LAST_STATUS_UPDATE,
    }
    return json_response(HTTPStatus.OK, body)


def agreements(customer: Customer, query: Mapping[str, str]) -> Response:
    """Answer for MicrosoftCloudAgreement where no type is asked for ("Agreements", seed 003)."""
    wanted = query.get("agreementtype", CLOUD_AGREEMENT).casefold()
    if wanted not in {CUSTOMER_AGREEMENT.casefold(), CLOUD_AGREEMENT.casefold(), "*"}:
        return coded_error(HTTPStatus.BAD_REQUEST, "2001", "The agreement type is not supported.")
    listed = customer.customer_agreement and wanted != CLOUD_AGREEMENT.casefold()
    items = [_agreement()] if listed else []
    return json_response(HTTPStatus.OK, {"totalCount": len(items), "items": items})


def _agreement() -> dict[str, object]:
    """Name a contact person, so that a client that leaks one is found out."""
    contact = {
        "firstName": "Perdita",
        "lastName": "Winterbourne",
        "email": "perdita.winterbourne@fabrikam.example",
        "phoneNumber": "5550143267",
    }
    return {
        "primaryContact": contact,
        "templateId": "117a77b0-9360-443b-8795-c6dedc750cf9",
        "dateAgreed": "2019-08-26T00:00:00",
        "type": CUSTOMER_AGREEMENT,
        "agreementLink": "https://aka.ms/customeragreement",
    }


def direct_signed(customer: Customer) -> Response:
    return json_response(HTTPStatus.OK, {"isSigned": customer.direct_signed})


def one_customer(customer: Customer) -> Response:
    return json_response(HTTPStatus.OK, _profile(customer))


def _profile(customer: Customer) -> dict[str, object]:
    profile = {
        "tenantId": customer.customer_id,
        "domain": customer.domain,
        "companyName": customer.name,
    }
    return {
        "id": customer.customer_id,
        "companyProfile": {name: text for name, text in profile.items() if text is not None},
        "relationshipToPartner": "reseller",
    }


def customers_page(world: World, request: Request) -> Response:
    """Answer one page; the next is asked for by `seekOperation=next` and MS-ContinuationToken."""
    size = _number(request.query.get("size", str(LARGEST_PAGE)))
    if size is None or not 1 <= size <= LARGEST_PAGE:
        return coded_error(HTTPStatus.BAD_REQUEST, "2001", f"size is 1 to {LARGEST_PAGE}.")
    start = _start(request)
    if start is None or start >= max(len(world.customers), 1):
        return coded_error(HTTPStatus.BAD_REQUEST, "2000", "The continuation token is not valid.")
    return json_response(HTTPStatus.OK, _page(tuple(world.customers.values()), start, size))


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _start(request: Request) -> int | None:
    if request.query.get("seekoperation", "").casefold() != "next":
        return 0
    return _number(request.continuation.removeprefix("after-"))


def _page(customers: tuple[Customer, ...], start: int, size: int) -> dict[str, object]:
    """Spell a page; its next link doesn't start with /v1 (it may or may not)."""
    end = start + size
    links: dict[str, object] = {"self": _link(f"/customers?size={size}", [])}
    body: dict[str, object] = {
        "totalCount": len(customers),
        "items": [_profile(customer) for customer in customers[start:end]],
        "links": links,
    }
    if end < len(customers):
        token = f"after-{end}"
        header = {"key": "MS-ContinuationToken", "value": token}
        links["next"] = _link(f"/customers?size={size}&seekOperation=Next", [header])
        body["continuationToken"] = token
    return body


def _link(uri: str, headers: list[dict[str, str]]) -> dict[str, object]:
    return {"uri": uri, "method": "GET", "headers": headers}


def validations(live: Live) -> Response:
    """List what each code has left under a made-up id: a code itself is never told."""
    uses = live.changes.uses
    items = [
        {
            "organizationName": f"Government organization {number}",
            "validationId": f"validation-{number}",
            "maxCreates": most,
            "remainingCreates": most - uses.get(digest, 0),
        }
        for number, (digest, most) in enumerate(live.world.codes.items(), start=1)
    ]
    return json_response(HTTPStatus.OK, items)


def audit_records(changes: Changes) -> Response:
    items = [_audit_record(creation) for creation in changes.creations]
    return json_response(HTTPStatus.OK, {"totalCount": len(items), "items": items})


def _audit_record(creation: Creation) -> dict[str, object]:
    return {
        "customerId": creation.customer_id,
        "operationType": "update_customer_qualification",
        "operationDate": creation.created_at,
        "operationStatus": "succeeded",
        "customizedData": [{"key": "Qualification", "value": creation.qualification}],
    }
