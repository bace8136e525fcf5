"""Plain scalars by YAML 1.2's core schema, and text written so that it reads back the same.

It knows scalars only, and refuses to guess: what the schema does not name is text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Scalar: TypeAlias = str | int | float | bool | None

# A plain scalar that begins otherwise is text: most are told apart by this alone.
_TYPED_STARTS: Final = "-+.0123456789nNtTfF~"

_CORE_SCHEMA: Final = re.compile(
    r"(?P<null>|~|null|Null|NULL)"
    r"|(?P<true>true|True|TRUE)"
    r"|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+)"
    r"|(?P<prefixed>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<infinity>[-+]?\.(?:inf|Inf|INF))"
    r"|(?P<nan>\.(?:nan|NaN|NAN))"
)

# Python refuses to read longer decimal numbers; as a float such a one becomes infinite.
_DECIMAL_DIGITS: Final = 4300


def _decimal(text: str) -> int | float:
    return int(text) if len(text) <= _DECIMAL_DIGITS else float(text)


_READ: Final[dict[str | None, Callable[[str], Scalar]]] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "false": lambda _: False,
    "int": _decimal,
    "prefixed": lambda text: int(text, 0),
    "float": float,
    "infinity": lambda text: float(text.replace(".", "")),
    "nan": lambda _: float("nan"),
}


def plain_value(text: str) -> Scalar:
    """Read an unquoted scalar. Dates, `yes`, `no`, `on` and `off` are text."""
    if text[:1] not in _TYPED_STARTS:
        return text
    match = _CORE_SCHEMA.fullmatch(text)
    return text if match is None else _READ[match.lastgroup](text)


# Plain for every YAML reader, those of YAML 1.1 included: nothing here can turn into a number,
# a date, a boolean or null, and no character of it means anything to YAML.
_SURELY_PLAIN: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_YAML_1_1_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

# What can't stand in a file as it is, or would hide from a reviewer, stands there as an escape.
_ESCAPED: Final = re.compile(
    r'["\\\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff'
    r"\ufff0-\uffff\U000e0000-\U000effff]"
)
_ONE_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if code <= _ONE_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _TWO_BYTES else f"\\U{code:08x}"


def write_scalar(text: str) -> str:
    """Spell `text` as a scalar on one line that every YAML reader takes for the same text."""
    if _SURELY_PLAIN.fullmatch(text) and text.casefold() not in _YAML_1_1_WORDS:
        return text
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def write_comment(text: str) -> str:
    """Spell `text` so that it ends no comment and hides nothing from a reviewer."""
    return _ESCAPED.sub(lambda found: found[0] if found[0] in '"\\' else _escape(found), text)


_SHOWN: Final = 60


def show(text: str) -> str:
    """Quote a text of a file for a message: on one line, nothing hidden, cut where it is long."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return '"' + _ESCAPED.sub(_escape, cut) + '"'
