"""Applies the `filter` of a query: {"Field": ..., "Value": ..., "Operator": ...}.

Which fields and operators there are is each list's own; case never matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.emulator.paging import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Item = TypeVar("Item")

_OPERATORS: Final = {
    "starts_with": str.startswith,
    "substring": str.__contains__,
    "equals": str.__eq__,
}


@dataclass(frozen=True, slots=True)
class SearchField(Generic[Item]):
    """What a filter may name: the one operator that it takes, and its text in an item."""

    name: str
    operator: str
    text_of: Callable[[Item], str]


class _Filter(BaseModel):
    model_config = ConfigDict(frozen=True)

    field: str = Field(alias="Field")
    value: str = Field(alias="Value")
    operator: str = Field(alias="Operator")


def select(
    items: Iterable[Item], query: Mapping[str, str], fields: tuple[SearchField[Item], ...]
) -> list[Item]:
    """Keep what the filter matches, everything without one. QueryRefused for an unknown filter."""
    if "filter" not in query:
        return list(items)
    wanted = _read(query["filter"])
    for field in fields:
        if (field.name, field.operator) == (wanted.field.casefold(), wanted.operator.casefold()):
            matches, value = _OPERATORS[field.operator], wanted.value.casefold()
            return [item for item in items if matches(field.text_of(item).casefold(), value)]
    known = ", ".join(f"{field.name} {field.operator}" for field in fields)
    raise QueryRefused("2001", f"The filter takes {known}.")


def _read(text: str) -> _Filter:
    try:
        return _Filter.model_validate_json(text)
    except ValidationError:
        raise QueryRefused("2001", "The filter is no JSON of Field, Value and Operator.") from None
