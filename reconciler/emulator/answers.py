"""Answers and refusals as the service spells them (domain.md, error bodies). It decides nothing."""

from __future__ import annotations

import json
from http import HTTPStatus

from reconciler.emulator.world import Answer, Entry


def answer(status: int, document: object) -> Answer:
    return Answer(status, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def coded(status: int, code: str, description: str) -> Answer:
    """Refuse in the shape that has its code as text."""
    body = {"code": code, "description": description, "data": [], "source": "PartnerApi"}
    return answer(status, body)


def plain(status: int, message: str) -> Answer:
    """Refuse in the shape of a gateway: `statusCode` and `message`."""
    return answer(status, {"statusCode": status, "message": message})


def no_account_status(customer_id: str) -> Answer:
    """Answer 404 with a number for code: "Account validation status", seed 002."""
    told = f"Account Status for the customer, {customer_id} was not found."
    body = {
        "code": 600074,
        "message": told,
        "description": told,
        "errorName": "AccountStatusNotFound",
        "isRetryable": False,
        "errorMessageExtended": "InternalErrorCode=600074",
    }
    return answer(HTTPStatus.NOT_FOUND, body)


def wire_entry(entry: Entry) -> dict[str, str]:
    """Spell one qualification as GET answers it, absent fields left out."""
    fields = {
        "qualification": entry.qualification,
        "vettingStatus": entry.vetting_status,
        "vettingReason": entry.vetting_reason,
        "vettingCreatedDate": entry.vetting_created_date,
        "vettingCreateDate": entry.vetting_create_date,
    }
    return {name: text for name, text in fields.items() if text is not None}
