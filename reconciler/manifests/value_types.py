"""The types of the values in a manifest: their form, and what is due where they stand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.model.rules import PLAN_RULES
from reconciler.validation.expectations import Expectation
from reconciler.validation.problems import EXPLAINED
from reconciler.validation.strict_models import HIDDEN, VISIBLE, FilePath, Host

GUID_PATTERN: Final = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_NAME: Final = r"^[a-z0-9.-]+$"
_WITHOUT_BLANKS: Final = rf"^[^\x00-\x20{HIDDEN}]+$"
_ENV: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"

Guid = Annotated[
    str,
    StringConstraints(pattern=GUID_PATTERN, to_lower=True),
    Expectation(
        "a GUID",
        "write the customer's tenant id, a GUID such as 14876998-c0dc-46e6-9d0c-65a57a6c32ec",
    ),
]
Name = Annotated[
    str,
    StringConstraints(pattern=_NAME, max_length=253),
    Expectation(
        "a name of lower case letters, digits, hyphens and dots",
        "use lower case letters, digits, hyphens and dots only, at most 253 of them",
    ),
]
Domain = Annotated[
    Host,
    Expectation("a domain name", "write the customer's domain, such as contoso.onmicrosoft.com"),
]
Website = Annotated[
    str,
    StringConstraints(pattern=_WITHOUT_BLANKS, max_length=2048),
    Expectation("a website", "write the institution's website without blanks, such as contoso.edu"),
]
Reason = Annotated[
    str,
    StringConstraints(pattern=VISIBLE, max_length=500),
    Expectation(
        "a reason", "write a text of at most 500 characters, on one line, with nothing hidden in it"
    ),
]

_CODE_KEY: Final = "validationcode"


def is_code_key(key: str) -> bool:
    """Tell whether a key, however it is spelt, is the one that would hold a validation code."""
    if len(key) < len(_CODE_KEY):
        return False
    return "".join(filter(str.isalnum, key.casefold())) == _CODE_KEY


def _label_key(key: str) -> str:
    if is_code_key(key):
        raise PydanticCustomError("inline_secret", "not a label")
    return key


LabelKey = Annotated[
    str, StringConstraints(pattern=VISIBLE, max_length=253), AfterValidator(_label_key)
]
LabelValue = Annotated[
    str,
    StringConstraints(pattern=VISIBLE.replace("+$", "*$"), max_length=253),
    Expectation(
        "a label's text", "write a text of at most 253 characters, with nothing hidden in it"
    ),
]

RESERVED_ENV: Final = (
    *("AZURE_", "PARTNER_CENTER_", "GITHUB_", "ACTIONS_", "RECONCILER_", "GH_", "GITLAB_", "CI_"),
    *("SYSTEM_", "AWS_", "GOOGLE_", "NPM_", "PIP_", "DOCKER_", "SSH_", "VAULT_", "GIT_"),
)
"""Variables that begin so hold what signs in: a manifest must not send those as a code."""


def _free_env(name: str) -> str:
    # In any case: Windows takes `azure_client_secret` for AZURE_CLIENT_SECRET.
    for prefix in RESERVED_ENV:
        if name.upper().startswith(prefix):
            remedy = "keep the code in a variable of another name"
            context = {"prefix": prefix, "remedy": remedy}
            raise PydanticCustomError(EXPLAINED, "a name that begins with {prefix}", context)
    return name


def _in_any_case(prefix: str) -> str:
    """Spell a pattern for JSON Schema, whose patterns have no flag for that."""
    return "".join(f"[{each}{each.lower()}]" if each.isalpha() else each for each in prefix)


_RESERVED_PATTERN: Final = f"^(?:{'|'.join(map(_in_any_case, RESERVED_ENV))})"
EnvName = Annotated[
    str,
    StringConstraints(pattern=_ENV, max_length=255),
    AfterValidator(_free_env),
    Field(json_schema_extra={"not": {"pattern": _RESERVED_PATTERN}}),
    Expectation(
        "the name of an environment variable",
        "write the variable's name: letters, digits and underscores",
        secretive=True,
    ),
]
CodeFile = Annotated[
    FilePath, Expectation("the path of a file", "write the file's path", secretive=True)
]


def plan_rule(name: str) -> str:
    """Refuse what no plan raises."""
    if name not in PLAN_RULES:
        raise PydanticCustomError("plan_rule", "not a rule of the plan")
    return name


A_RULE: Final = Expectation(
    "a rule that a plan raises",
    "write the id of a rule as the plan shows it, such as vetting-denied",
    choices=tuple(sorted(PLAN_RULES)),
)
PlanRule = Annotated[
    str, AfterValidator(plan_rule), WithJsonSchema({"enum": sorted(PLAN_RULES)}), A_RULE
]

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day", "not a day")
    return date.fromisoformat(value)


Day = Annotated[
    date,
    BeforeValidator(_day, json_schema_input_type=str),
    Field(json_schema_extra={"format": "date"}),
    Expectation("a day", "write the last day on which it holds, such as 2027-03-31"),
]

_INSTANT: Final = re.compile(
    r"(?P<seconds>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?"
    r"(?P<zone>[Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)


def read_instant(text: str) -> datetime:
    """Read a date as the service spells it, in UTC where it names no zone.

    A fraction is cut to microseconds. ValueError for anything else.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    fraction = (match["fraction"] or "")[:7]
    zone = (match["zone"] or "Z").upper().replace("Z", "+00:00")
    try:
        instant = datetime.fromisoformat(match["seconds"].upper() + fraction + zone)
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("instant", "not a text")
    return read_instant(value)


Instant = Annotated[
    datetime,
    BeforeValidator(_instant, json_schema_input_type=str),
    Field(json_schema_extra={"format": "date-time"}),
    Expectation(
        "a date and time",
        "write the denied entry's vetting date as the plan shows it, such as "
        "2020-12-03T10:37:38.885Z",
    ),
]
