"""Makes text from manifests and from the service fit to be shown; it escapes for no format.

Whatever could steer a terminal, reverse the reading order or hide is replaced by its code point,
so that a reader sees that it was there. Every format can end up in a pipeline's log, so what an
agent takes for a command anywhere in a line is parted here for all.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

MESSAGE_LIMIT: Final = 2000
"""Characters of a message."""

LABEL_LIMIT: Final = 200
"""Characters of a name, a website or a place."""

PATH_LIMIT: Final = 4096
"""Characters of a path where it is an address: what no file system exceeds."""

_UNSAFE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: terminal escapes, bells, what XML forbids
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that reorder text
    "\xad\u115f\u1160\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"  # unseen
    "\u2028\u2029\ufff9-\ufffb"  # separators and interlinear marks
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # halves of pairs and code points that are no text
    "\U000e0000-\U000e0fff"  # unseen tags
    "]"
)

_NO_BYTES: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of pairs that stand for no byte of a file name."""

_COMMAND: Final = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
"""The beginning of a command of Azure Pipelines, or of an old one of GitHub Actions."""


def neutral(text: str) -> str:
    """Replace each unsafe character by its code point, such as `[U+202E]`, and part commands."""
    seen = _UNSAFE.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    return _COMMAND.sub("# #", seen)


def shown(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """One line of at most `limit` characters, neutral; what is cut is told after an ellipsis."""
    line = neutral(" ".join(text[:limit].split()))
    if len(text) <= limit and len(line) <= limit:
        return line
    return f"{line[:limit]}… (cut; {len(text)} characters in all)"


def address_path(path: str) -> str:
    """Percent-encode a path byte by byte; a name that is not UTF-8 keeps its bytes."""
    # Such a name arrives with its bytes as surrogates; they are its true name.
    return quote(_NO_BYTES.sub("\ufffd", path), safe="/", errors="surrogateescape")


def label(text: str) -> str:
    return shown(text, LABEL_LIMIT)
