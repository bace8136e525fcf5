"""What the service answers to each GET of one customer, as the page of each call has it."""

from __future__ import annotations

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

    from reconciler.emulator.world import Customer, Live, Response

CUSTOMER_AGREEMENT: Final = "MicrosoftCustomerAgreement"
CLOUD_AGREEMENT: Final = "MicrosoftCloudAgreement"
AGREEMENT_TEMPLATES: Final = {
    CUSTOMER_AGREEMENT: {
        "templateId": "117a77b0-9360-443b-8795-c6dedc750cf9",
        "agreementLink": "https://aka.ms/customeragreement",
    },
    CLOUD_AGREEMENT: {
        "templateId": "998b88de-aa99-4388-a42c-1b3517d49490",
        "agreementLink": "https://docs.microsoft.com/partner-center/agreements",
    },
}
LAST_STATUS_UPDATE: Final = "2021-07-14T18:02:00"
"""UTC without a Z, as "Retrieve the validation status of a customer" has it."""


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
    """As "Get confirmation of customer acceptance of Microsoft Customer Agreement".

    Without a type asked for, the answer is for MicrosoftCloudAgreement.
    """
    wanted = query.get("agreementtype", CLOUD_AGREEMENT).casefold()
    confirmed = {
        CUSTOMER_AGREEMENT: customer.customer_agreement,
        CLOUD_AGREEMENT: customer.cloud_agreement,
    }
    if wanted not in {"*", *map(str.casefold, confirmed)}:
        return coded_error(HTTPStatus.BAD_REQUEST, "2001", "The agreement type is not supported.")
    items = [
        _describe_agreement(kind)
        for kind, is_confirmed in confirmed.items()
        if is_confirmed and wanted in {"*", kind.casefold()}
    ]
    return json_response(HTTPStatus.OK, {"totalCount": len(items), "items": items})


def _describe_agreement(kind: str) -> dict[str, object]:
    """Name a contact person, so that a client that leaks one is found out."""
    contact = {
        "firstName": "Perdita",
        "lastName": "Winterbourne",
        "email": "perdita.winterbourne@fabrikam.example",
        "phoneNumber": "5550143267",
    }
    return {
        "userId": "5a1e7c9b-64d2-4f3c-8b1a-90c7de24f613",
        "primaryContact": contact,
        "dateAgreed": "2019-08-26T00:00:00",
        "type": kind,
        **AGREEMENT_TEMPLATES[kind],
    }


def direct_signed(customer: Customer) -> Response:
    return json_response(HTTPStatus.OK, {"isSigned": customer.direct_signed})


def one_customer(customer: Customer) -> Response:
    return json_response(HTTPStatus.OK, describe_customer(customer))


def describe_customer(customer: Customer) -> dict[str, object]:
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
