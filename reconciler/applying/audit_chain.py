"""The hash chain of an audit log: each line has its number, the hash before it, and its own last.

It finds a line that was edited, dropped or reordered. That the last lines were dropped, nobody can
find in the file alone: their hash has to be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE: Final = re.compile(rb'(\{.*),"hash":"(sha256:[0-9a-f]{64})"\}', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Chain:
    """As far as it goes: how many lines, and the hash of the last."""

    lines: int = 0
    last: str | None = None

    def link(self, event: Mapping[str, object]) -> tuple[bytes, Chain]:
        """Write the next line."""
        numbered = {"number": self.lines + 1, "previous": self.last, **event}
        body = json.dumps(numbered, ensure_ascii=False, separators=(",", ":")).encode()
        own = _hash(body)
        return body[:-1] + f',"hash":"{own}"}}\n'.encode(), Chain(self.lines + 1, own)


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The first line that is not as it was written, or not where; `why` completes "line N"."""

    line: int
    why: str


def follow_chain(content: bytes) -> Chain | BrokenChain:
    """Follow a whole log from its first line to its last."""
    chain = Chain()
    *lines, rest = content.split(b"\n")
    for line in lines:
        followed = _follow(chain, line)
        if isinstance(followed, str):
            return BrokenChain(chain.lines + 1, followed)
        chain = followed
    return BrokenChain(chain.lines + 1, "is cut off") if rest else chain


def _follow(chain: Chain, line: bytes) -> Chain | str:
    """Take the next line, or say why it isn't."""
    number = chain.lines + 1
    match = _LINE.fullmatch(line)
    if match is None:
        return "is not a line of an audit log"
    body, own = match[1] + b"}", match[2].decode()
    if _hash(body) != own:
        return "was edited"
    content = _read(body)
    if content.get("number") != number:
        return f"says that it is line {content.get('number')}: one was dropped, added or reordered"
    if content.get("previous") != chain.last:
        return f"does not follow line {number - 1}: one of the two was written anew"
    return Chain(number, own)


def _hash(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _read(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
