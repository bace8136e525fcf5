"""The words for a manifest: what is due at each place, and which keys each mapping takes."""

from __future__ import annotations

from typing import Final

from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import EducationSegment, Qualification
from reconciler.validation.problems import Expectation, MessageCatalogue

API_VERSION: Final = "reconciler/v1"
KIND: Final = "CustomerQualifications"

_ENTRY: Final = ("spec", "qualifications", "*")
_CODE_FROM: Final = (*_ENTRY, "validationCodeFrom")
_GUID_EXAMPLE: Final = "14876998-c0dc-46e6-9d0c-65a57a6c32ec"
_SEGMENTS: Final = tuple(EducationSegment)
_QUALIFICATIONS: Final = tuple(Qualification)
_ONE_OF_QUALIFICATIONS: Final = "write one of " + ", ".join(_QUALIFICATIONS)
_LABEL: Final = Expectation(
    "a label's text", "write a text of at most 253 characters, with nothing hidden in it"
)

_DUE: Final = {
    (): Expectation("a mapping", "write apiVersion, kind, metadata and spec", text=False),
    ("apiVersion",): Expectation(API_VERSION, f"write {API_VERSION}"),
    ("kind",): Expectation(KIND, f"write {KIND}"),
    ("metadata",): Expectation("a mapping", "write a mapping with a name", text=False),
    ("metadata", "name"): Expectation(
        "a name of lower case letters, digits, hyphens and dots",
        "use lower case letters, digits, hyphens and dots only, at most 253 of them",
    ),
    ("metadata", "labels"): Expectation("a mapping", "write labels as {key: value}", text=False),
    ("metadata", "labels", "*"): _LABEL,
    ("spec",): Expectation("a mapping", "write customerId and qualifications under it", text=False),
    ("spec", "customerId"): Expectation(
        "a GUID", f"write the customer's tenant id, a GUID such as {_GUID_EXAMPLE}"
    ),
    ("spec", "domain"): Expectation(
        "a domain name", "write the customer's domain, such as contoso.onmicrosoft.com"
    ),
    ("spec", "accept"): Expectation(
        "a list", "write a list of rules, as [vetting-denied]", text=False
    ),
    ("spec", "accept", "*"): Expectation(
        "a rule that a plan raises",
        "write the id of a rule as the plan shows it, such as vetting-denied",
        choices=tuple(sorted(PLAN_RULES)),
    ),
    ("spec", "qualifications"): Expectation(
        "a list", "write a list, as [StateOwnedEntity]; [] says that there are none", text=False
    ),
    _ENTRY: Expectation(
        "a qualification",
        "write a qualification's name, or a mapping with the key qualification",
        text=False,
    ),
    (*_ENTRY, "qualification"): Expectation(
        "a known qualification", _ONE_OF_QUALIFICATIONS, choices=_QUALIFICATIONS
    ),
    (*_ENTRY, "educationSegment"): Expectation(
        "K12 or HigherEducation", "write K12 or HigherEducation", choices=_SEGMENTS
    ),
    (*_ENTRY, "website"): Expectation(
        "a website", "write the institution's website without blanks, such as contoso.edu"
    ),
    (*_ENTRY, "resubmitDenialOf"): Expectation(
        "a date and time",
        "write the denied entry's vetting date as the plan shows it, such as "
        "2020-12-03T10:37:38.885Z",
    ),
    _CODE_FROM: Expectation(
        "exactly one of {env: NAME} and {file: PATH}",
        "write {env: NAME} or {file: PATH}",
        text=False,
        secretive=True,
    ),
    (*_CODE_FROM, "env"): Expectation(
        "the name of an environment variable",
        "write the variable's name: letters, digits and underscores",
        secretive=True,
    ),
    (*_CODE_FROM, "file"): Expectation(
        "the path of a file", "write the file's path", secretive=True
    ),
}

_KEYS: Final = {
    (): ("apiVersion", "kind", "metadata", "spec"),
    ("metadata",): ("name", "labels"),
    ("spec",): ("customerId", "domain", "accept", "qualifications"),
    (*_ENTRY, Qualification.EDUCATION): (
        "qualification",
        "educationSegment",
        "website",
        "resubmitDenialOf",
    ),
    (*_ENTRY, Qualification.GCC): ("qualification", "validationCodeFrom"),
    (*_ENTRY, Qualification.GCC, "validationCodeFrom"): ("env", "file"),
    (*_ENTRY, Qualification.SOE): ("qualification",),
    (*_ENTRY, Qualification.NONPROFIT): ("qualification",),
    (*_ENTRY, Qualification.NONE): ("qualification",),
}

SHAPE: Final = MessageCatalogue("the manifest", _DUE, _KEYS, tagged=_ENTRY, tag="qualification")
