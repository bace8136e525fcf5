"""Builds answers of the service for tests."""

from __future__ import annotations

import json
from types import MappingProxyType

from reconciler.model.secret import KnownSecrets, Secret
from reconciler.model.state import CustomerId
from reconciler.partner_center.body import read_body
from reconciler.partner_center.calls import ServiceAnswer

CUSTOMER = CustomerId("14876998-c0dc-46e6-9d0c-65a57a6c32ec")
CORRELATION = "7d2456fd-2d79-46d0-9f8e-5d7ecd5f8745"
CODE = Secret("123456")


def answer(
    status: int,
    body: object = b"",
    content_type: str | None = "application/json",
    *,
    location: str | None = None,
    retry_after: float | None = None,
) -> ServiceAnswer:
    """Make an answer; what isn't text already is written as JSON."""
    named = {"content-type": content_type, "location": location}
    headers = {name: value for name, value in named.items() if value is not None}
    return ServiceAnswer(
        status,
        MappingProxyType(headers),
        read_body(as_body(body), 100_000, KnownSecrets(CODE)),
        CORRELATION,
        retry_after,
    )


def as_body(body: object) -> bytes:
    match body:
        case bytes():
            return body
        case str():
            return body.encode()
        case _:
            return json.dumps(body).encode()
