"""Manifests as plain data: valid ones, wrong entries, and what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.manifests.validation import validate_document
from tests.manifest_samples import CUSTOMER, manifest

if TYPE_CHECKING:
    from reconciler.validation.problems import Problem

K12: Final = {"qualification": "Education", "educationSegment": "K12"}
GCC: Final = {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"env": "CODE"}}


def problems(data: object) -> list[Problem]:
    return list(validate_document(data).problems)


def rules_and_paths(data: object) -> list[tuple[str, str]]:
    return [(each.rule, ".".join(map(str, each.path))) for each in problems(data)]


VALID: Final = {
    "no entries": manifest([]),
    "short": manifest(["StateOwnedEntity"]),
    "education": manifest([{**K12, "website": "https://contoso.edu/école"}]),
    "code in a variable": manifest([GCC]),
    "code in a file": manifest([{**GCC, "validationCodeFrom": {"file": "codes/contoso"}}]),
    "everything else": manifest(
        [K12],
        customerId=CUSTOMER.upper(),
        domain="Contoso.onmicrosoft.com",
        accept=["vetting-denied", "customer-not-found", "not-checked"],
    ),
    "accepted for a time": manifest(
        [K12],
        accept=[
            "vetting-denied",
            {"rule": "not-checked"},
            {"rule": "removal-not-supported", "until": "2027-03-31", "reason": "contract ends"},
        ],
    ),
    "labels": manifest([K12])
    | {"metadata": {"name": "a.b-c1", "labels": {"region": "us west", "empty": ""}}},
}


INVALID_ENTRIES: Final = {
    "unknown name": (".qualification", {"qualification": "Charity"}),
    "null for a name": (".qualification", {"qualification": None}),
    "mapping for a name": (".qualification", {"qualification": {"Education": "K12"}}),
    "unknown segment": (".educationSegment", K12 | {"educationSegment": "Kindergarten"}),
    "null for a segment": (".educationSegment", K12 | {"educationSegment": None}),
    "number for a segment": (".educationSegment", K12 | {"educationSegment": 12}),
    "empty website": (".website", K12 | {"website": ""}),
    "website with blanks": (".website", K12 | {"website": "contoso edu"}),
    "website with a line break": (".website", K12 | {"website": "contoso.edu\n"}),
    "long website": (".website", K12 | {"website": "a" * 2049}),
    "null for a website": (".website", K12 | {"website": None}),
    "no place of a code": (".validationCodeFrom", GCC | {"validationCodeFrom": {}}),
    "two places of a code": (
        ".validationCodeFrom",
        GCC | {"validationCodeFrom": {"env": "A", "file": "b"}},
    ),
    "null for a code's place": (".validationCodeFrom", GCC | {"validationCodeFrom": None}),
    "list for a code's place": (".validationCodeFrom", GCC | {"validationCodeFrom": ["CODE"]}),
    "odd variable": (".validationCodeFrom.env", GCC | {"validationCodeFrom": {"env": "A-B"}}),
    "empty variable": (".validationCodeFrom.env", GCC | {"validationCodeFrom": {"env": ""}}),
    "empty file": (".validationCodeFrom.file", GCC | {"validationCodeFrom": {"file": ""}}),
    "NUL in a file": (".validationCodeFrom.file", GCC | {"validationCodeFrom": {"file": "a\0"}}),
}
