"""Which call a method and a path ask for. It knows no answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl
from uuid import uuid4

from reconciler.model.secret import Secret


class CallName(StrEnum):
    """The calls of the service, by the names that faults and counts use."""

    READ_QUALIFICATIONS = "readQualifications"
    CREATE_QUALIFICATION = "createQualification"
    ACCOUNT_STATUS = "accountStatus"
    AGREEMENTS = "agreements"
    DIRECT_SIGNED = "directSigned"
    CUSTOMER = "customer"
    CUSTOMERS = "customers"
    VALIDATIONS = "validations"
    AUDIT_RECORDS = "auditRecords"


GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Methods = Mapping[str, CallName]

_CUSTOMER: Final = "/v1/customers/{id}"
_PATHS: Final[Mapping[str, Methods]] = {
    "/v1/customers": {"GET": CallName.CUSTOMERS},
    "/v1/customers/all/validations": {"GET": CallName.VALIDATIONS},
    _CUSTOMER: {"GET": CallName.CUSTOMER},
    f"{_CUSTOMER}/qualifications": {
        "GET": CallName.READ_QUALIFICATIONS,
        "POST": CallName.CREATE_QUALIFICATION,
    },
    f"{_CUSTOMER}/validationStatus": {"GET": CallName.ACCOUNT_STATUS},
    f"{_CUSTOMER}/agreements": {"GET": CallName.AGREEMENTS},
    f"{_CUSTOMER}/directSignedMicrosoftCustomerAgreementStatus": {"GET": CallName.DIRECT_SIGNED},
    "/v1/auditrecords": {"GET": CallName.AUDIT_RECORDS},
}
_FOLDED: Final = {path.casefold(): methods for path, methods in _PATHS.items()}

KNOWN_CALLS: Final = [f"{method} {path}" for path, methods in _PATHS.items() for method in methods]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `query` has lower-case keys; the ids are fresh ones where none came."""

    method: str
    path: str
    request_id: str
    correlation_id: str
    token: Secret | None = None
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    continuation: str = ""
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)


_BEARER: Final = "bearer "


def read_request(
    method: str, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> Request:
    """Read what came over HTTP; header names come in any case."""
    texts = {
        name.lower().decode("latin-1"): text.decode("latin-1").strip() for name, text in headers
    }
    return make_request(method, path, query.decode("latin-1"), texts, body)


def make_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Request:
    """Make one of what is text already; header names are in lower case."""
    pairs = parse_qsl(query, keep_blank_values=True) if query else ()
    return Request(
        method=method,
        path=path,
        request_id=headers.get("ms-requestid") or str(uuid4()),
        correlation_id=headers.get("ms-correlationid") or str(uuid4()),
        token=_bearer(headers.get("authorization", "")),
        # Turned round, so that the first of two with the same name counts.
        query={name.lower(): text for name, text in reversed(pairs)},
        continuation=headers.get("ms-continuationtoken", ""),
        content_type=headers.get("content-type", ""),
        body=body,
    )


def _bearer(authorization: str) -> Secret | None:
    if not authorization.lower().startswith(_BEARER):
        return None
    return Secret(authorization[len(_BEARER) :].strip())


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path that exists. `customer_id` is in lower case, None where the path names none."""

    methods: Methods
    customer_id: str | None = None


@lru_cache(maxsize=16)  # the faults and the service look one after the other
def find_endpoint(path: str) -> Endpoint | None:
    """Find what a path, in any case, leads to."""
    folded = path.casefold()
    if "{" not in folded and folded in _FOLDED:
        return Endpoint(_FOLDED[folded])
    match folded.split("/"):
        case ["", "v1", "customers", customer, *rest] if customer:
            methods = _FOLDED.get("/".join((_CUSTOMER, *rest)))
            return None if methods is None else Endpoint(methods, customer)
        case _:
            return None


def is_guid(text: str) -> bool:
    return GUID.fullmatch(text) is not None


def lower_guid(text: str) -> str:
    """Raise ValueError, without the text, where it is no GUID."""
    if not is_guid(text):
        msg = "is no GUID, such as 14876998-c0dc-46e6-9d0c-65a57a6c32ec"
        raise ValueError(msg)
    return text.lower()
