"""What the body of an answer says, as plain data; its bytes go no further than this.

Refused is what could be taken for less than was said (a name twice, a body cut off), and what would
take more memory than any answer is worth. The secrets of this run are redacted in every text.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn

from reconciler.model.secret import Secret
from reconciler.partner_center.protocol import is_deciding

if TYPE_CHECKING:
    from reconciler.model.secret import KnownSecrets

Json = bool | int | float | str | None | Secret | list["Json"] | dict[str, "Json"]
"""A Secret is a text that the caller knows to be one by its name."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """`why` completes "the answer can't be understood:"; it repeats nothing of the answer."""

    why: str


NOTHING: Final = NotJson("it is empty")


def read_body(
    body: bytes,
    most_values: int,
    secrets: KnownSecrets,
    secret_names: frozenset[str] = frozenset(),
) -> Json | NotJson:
    """Read JSON in UTF-8; objects keep the spelling of their names.

    What has one of `secret_names`, in lower case, is wrapped before anything else looks at it.
    """
    if not body:
        return NOTHING
    if _values_at_most(body) > most_values:
        return NotJson(f"it holds more than the {most_values} values that are due at most")
    try:
        text = body.removeprefix(BOM_UTF8).decode()  # some .NET services begin with one
        return _parse(text, secrets, secret_names)
    except (ValueError, RecursionError) as error:
        return NotJson(_why(error))


def _parse(text: str, secrets: KnownSecrets, secret_names: frozenset[str]) -> Json:
    parsed: Json = _decoder(secret_names).decode(text)
    # An escape can spell any letter: then the text as it was sent shows nothing of a secret.
    return _redact(parsed, secrets) if "\\" in text or secrets.occur_in(text) else parsed


@cache  # json.loads makes one each time, which takes as long as reading an answer
def _decoder(secret_names: frozenset[str]) -> json.JSONDecoder:
    def read_object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        return _wrapped(_each_name_once(pairs), secret_names)

    hook = read_object if secret_names else _each_name_once
    return json.JSONDecoder(object_pairs_hook=hook, parse_constant=_refuse_constant)


def _why(error: ValueError | RecursionError) -> str:
    """In words that repeat nothing of the body."""
    match error:
        case _Refused():
            return str(error)
        case json.JSONDecodeError():
            return f"it is no JSON from character {error.pos} on"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _:  # Python reads no number of more than 4,300 digits
            return "it holds a number that is too long"


def _values_at_most(body: bytes) -> int:
    """Counted before anything is read: each value follows one of these, or is the first."""
    return 1 + body.count(b",") + body.count(b"[") + body.count(b"{")


class _Refused(ValueError):
    pass


def _each_name_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Which of two values counts, no two readers agree on."""
    named = dict(pairs)
    if len(named) != len(pairs):
        raise _Refused("it says one name twice")
    return named


def _wrapped(named: dict[str, Json], secret_names: frozenset[str]) -> dict[str, Json]:
    return {
        name: Secret(str(value)) if value is not None and name.casefold() in secret_names else value
        for name, value in named.items()
    }


def _refuse_constant(_name: str) -> NoReturn:
    raise _Refused("it holds a number that JSON doesn't have")


_SENT_BACK: Final = frozenset({"links", "continuationtoken", "totalcount"})
"""What only leads to the next page: it is told to nobody, and has to stay as it is."""

_NOT_TEXT: Final = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a GUID
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,}(Z|[+-][0-9]{2}:?[0-9]{2})?"  # an instant
)
"""A short code can be in the middle of one by chance, and it would be another then."""


def _redact(parsed: Json, secrets: KnownSecrets) -> Json:
    match parsed:
        case str():
            return _text(parsed, secrets)
        case list():
            return [_redact(each, secrets) for each in parsed]
        case dict():
            return {
                name: value if name.casefold() in _SENT_BACK else _redact(value, secrets)
                for name, value in parsed.items()
            }
        case bool() | Secret() | None:
            return parsed
        case _:
            digits = str(parsed)
            return _text(digits, secrets) if secrets.occur_in(digits) else parsed


def _text(text: str, secrets: KnownSecrets) -> str:
    if is_deciding(text) or (_NOT_TEXT.fullmatch(text) and not secrets.holds(text)):
        return text
    return secrets.redact(text)
