"""What the shapes of all documents have in common: the way from the model's types and back.

A shape takes its values from the type of the model of the same fields, and makes one again. Readers
ignore properties they don't know; nothing is read from or written to files here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from reconciler.model.findings import Source
from reconciler.model.state import format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT_VERSION: Final = "1.0"

JsonObject = dict[str, Any]


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document for people and programs to read."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def dump(shape: Shape) -> JsonObject:
    return shape.model_dump(mode="json", by_alias=True)


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("no date that a calendar has in UTC") from None


Instant = Annotated[
    AwareDatetime, AfterValidator(_in_utc), PlainSerializer(format_instant, return_type=str)
]
"""A date without an offset would mean another instant on another machine."""


class Shape(BaseModel):
    """What is written of one type of the model, `made`, and read back into it."""

    model_config = ConfigDict(
        defer_build=True,  # when it is first used: no command uses all
        frozen=True,
        extra="ignore",
        from_attributes=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )
    made: ClassVar[Callable[..., object]]


def make(value: object) -> object:
    """Make the model's types of shapes, however deep they stand."""
    match value:
        case Shape():
            return type(value).made(**{name: make(inner) for name, inner in value})
        case tuple():
            return tuple(map(make, value))
        case dict():
            return {key: make(inner) for key, inner in value.items()}
        case _:
            return value


class WithoutAbsent(Shape):
    """Leaves out what is absent, but for `source`, which is null then."""

    @model_serializer(mode="wrap")
    def _present(self, dump: SerializerFunctionWrapHandler) -> JsonObject:
        written = dump(self)
        return {
            name: value for name, value in written.items() if value is not None or name == "source"
        }


class SourceModel(Shape):
    made = Source
    file: str
    line: int
    column: int
