"""The texts that manifests and configurations hold: their form, and nothing of their sense."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.model.rules import PLAN_RULES
from reconciler.validation.problems import TOLD, is_code_key

if TYPE_CHECKING:
    from pydantic import BaseModel, GetCoreSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema, core_schema

STRICT: Final = ConfigDict(strict=True, frozen=True, extra="forbid", alias_generator=to_camel)


class _NotNull:
    """Marks a field that may be left out, but may not be null."""

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401  # pydantic's protocol
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        schema = handler(source)
        assert schema["type"] == "nullable", "it marks nothing but `X | None`"
        inner: CoreSchema = schema["schema"]
        return inner


NOT_NULL: Final = _NotNull()


class EditorSchema(GenerateJsonSchema):
    """JSON Schema as editors show it: without pydantic's titles and null defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  # pydantic's
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a document, for editors and other tools."""
    schema = model.model_json_schema(schema_generator=EditorSchema)
    return {"$schema": EditorSchema.schema_dialect, **schema}


# Characters that can't be seen, or that move others about on a screen.
_HIDDEN: Final = r"\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
VISIBLE: Final = rf"^[^\x00-\x1f{_HIDDEN}]+$"
_WITHOUT_BLANKS: Final = rf"^[^\x00-\x20{_HIDDEN}]+$"
_LETTER: Final = r"[0-9A-Za-z_\u00a1-\uffff]"
_HOST_LABEL: Final = rf"{_LETTER}+(?:-+{_LETTER}+)*"

GUID_PATTERN: Final = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_NAME: Final = r"^[a-z0-9.-]+$"
_HOST: Final = rf"^{_HOST_LABEL}(?:\.{_HOST_LABEL})*$"
_ENV: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
RESERVED_ENV: Final = ("AZURE_", "PARTNER_CENTER_", "GITHUB_", "ACTIONS_", "RECONCILER_")

Guid = Annotated[str, StringConstraints(pattern=GUID_PATTERN, to_lower=True)]
Name = Annotated[str, StringConstraints(pattern=_NAME, max_length=253)]
Host = Annotated[str, StringConstraints(pattern=_HOST, max_length=253)]
Website = Annotated[str, StringConstraints(pattern=_WITHOUT_BLANKS, max_length=2048)]
FilePath = Annotated[str, StringConstraints(pattern=VISIBLE, max_length=4096)]
LabelValue = Annotated[str, StringConstraints(pattern=VISIBLE.replace("+$", "*$"), max_length=253)]


def _label_key(key: str) -> str:
    if is_code_key(key):
        raise PydanticCustomError("inline_secret", "not a label")
    return key


LabelKey = Annotated[
    str, StringConstraints(pattern=VISIBLE, max_length=253), AfterValidator(_label_key)
]


def _free_env(name: str) -> str:
    """Refuse the names of what signs in: a manifest must not send those as a code."""
    for prefix in RESERVED_ENV:
        if name.upper().startswith(prefix):
            remedy = "keep the code in a variable of another name"
            context = {"prefix": prefix, "remedy": remedy}
            raise PydanticCustomError(TOLD, "a name that begins with {prefix}", context)
    return name


EnvName = Annotated[str, StringConstraints(pattern=_ENV, max_length=255), AfterValidator(_free_env)]


def _plan_rule(name: str) -> str:
    if name not in PLAN_RULES:
        raise PydanticCustomError("plan_rule", "not a rule of the plan")
    return name


PlanRule = Annotated[str, AfterValidator(_plan_rule), WithJsonSchema({"enum": sorted(PLAN_RULES)})]

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
]
