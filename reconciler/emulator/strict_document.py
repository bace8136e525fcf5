"""Reads a plain mapping into a typed document, or names every wrong place. It opens no files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

Document = TypeVar("Document", bound=BaseModel)

LISTED: Final = 10
"""How many problems one message lists."""

_PLAIN: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "model_type": "is no mapping",
}


def read_document(
    model: type[Document], mapping: Mapping[str, object], what: str, veiled: frozenset[str]
) -> Document:
    """Raise ConfigurationError with the places, such as `customers[3].id`, and no values.

    Nothing below a top-level key in `veiled` is named: its keys are secrets.
    """
    try:
        return model.model_validate(mapping)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False, include_context=False)
        raise _refusal(what, [_problem(error, veiled) for error in errors]) from None


def _refusal(what: str, problems: list[str]) -> ConfigurationError:
    more = len(problems) - LISTED
    listed = [*problems[:LISTED], f"and {more} more"] if more > 0 else problems
    return ConfigurationError(f"{what} is invalid: {'; '.join(listed)}", f"mend {what}")


def _problem(error: ErrorDetails, veiled: frozenset[str]) -> str:
    place = error["loc"][:1] if error["loc"] and error["loc"][0] in veiled else error["loc"]
    spelled = _spelled(place)
    if error["type"] in _PLAIN:
        return f"{spelled or 'the document'} {_PLAIN[error['type']]}"
    told = error["msg"].removeprefix("Value error, ")
    return f"{spelled}: {told}" if spelled else told


def _spelled(place: tuple[int | str, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")
