"""Answers and refusals, spelt as "Partner Center REST error codes" has them. It decides nothing."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from reconciler.emulator.world import Element, Response

# One for all answers: json.dumps makes an encoder each time, which takes as long as writing.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_response(status: int, document: object) -> Response:
    return Response(status, _ENCODER.encode(document))


def coded_error(status: int, code: str, description: str) -> Response:
    """Refuse in the shape that has its code as text."""
    body = {"code": code, "description": description, "data": [], "source": "PartnerApi"}
    return json_response(status, body)


def plain_error(status: int, message: str) -> Response:
    """Refuse in the shape of a gateway: `statusCode` and `message`."""
    return json_response(status, {"statusCode": status, "message": message})


def no_account_status(customer_id: str) -> Response:
    """404 with a number for code, as "Retrieve the validation status of a customer" has it."""
    why = f"Account Status for the customer, {customer_id} was not found."
    body = {
        "code": 600074,
        "message": why,
        "description": why,
        "errorName": "AccountStatusNotFound",
        "isRetryable": False,
        "errorMessageExtended": "InternalErrorCode=600074",
    }
    return json_response(HTTPStatus.NOT_FOUND, body)


def wire_element(element: Element) -> dict[str, str]:
    """Spell one qualification as GET answers it, absent fields left out."""
    fields = {
        "qualification": element.qualification,
        "vettingStatus": element.vetting_status,
        "vettingReason": element.vetting_reason,
        "vettingCreatedDate": element.vetting_created_date,
        "vettingCreateDate": element.vetting_create_date,
    }
    return {name: text for name, text in fields.items() if text is not None}
