"""Reads the text that people write: regular files, UTF-8, of bounded size, and nothing else.

It never opens a pipe or a device, and never guesses an encoding.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Diagnostic, Severity, Source

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE: Final = 1024 * 1024
MAX_BYTES: Final = 8 * MEBIBYTE
"""How large a manifest's or a configuration's file may be."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OTHER_ENCODINGS: Final = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_PRINTABLE_ASCII: Final = bytes({0x09, 0x0A, 0x0D, *range(0x20, 0x7F)})

# What YAML forbids, line breaks that only some readers see, and what reorders the text on a
# reviewer's screen.
_FORBIDDEN: Final = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)

# A pipe that nobody writes to would hold up an ordinary open for ever. Windows lacks the
# first flag and has the second.
_OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_PIECE: Final = MEBIBYTE

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
)


class _Refused(Exception):
    """Why a file's text can't be had. It never leaves this file."""

    def __init__(self, rule: str, message: str, remedy: str, place: tuple[int, int]) -> None:
        super().__init__()
        self.rule = rule
        self.message = message
        self.remedy = remedy
        self.place = place


def read_text(path: Path | str, file: str, limit: int | None = MAX_BYTES) -> str | Diagnostic:
    """Read the text of `path`, which people know as `file`, or say why it can't be read."""
    try:
        return _decode(_read_bytes(path, limit), file)
    except _Refused as why:
        source = Source(file, *why.place)
        return Diagnostic(why.rule, Severity.ERROR, why.message, why.remedy, source)
    except OSError as error:
        message = f"{file} can't be read: {error.strerror or type(error).__name__}"
        remedy = "make it a file that can be read, or take it away"
        return Diagnostic("syntax", Severity.ERROR, message, remedy, Source(file, 1, 1))


def _read_bytes(path: Path | str, limit: int | None) -> bytes:
    _check_regular(os.stat(path))  # noqa: PTH116  # of text no Path is made, as there are many
    # Not by a stream: with tens of thousands of files, making one takes as long as reading.
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        _check_regular(status)
        _check_size(status.st_size, limit)
        data = os.read(descriptor, status.st_size + 1)
        if len(data) != status.st_size:
            data += _read_on(descriptor, len(data), limit)
    finally:
        os.close(descriptor)
    _check_size(len(data), limit)
    return data


def _read_on(descriptor: int, known: int, limit: int | None) -> bytes:
    """Read the rest of a file that grows or comes in parts, as far as `limit` is in question."""
    pieces: list[bytes] = []
    while piece := os.read(descriptor, _PIECE):
        pieces.append(piece)
        known += len(piece)
        if limit is not None and known > limit:
            break
    return b"".join(pieces)


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for holds, kind in _KINDS if holds(status.st_mode)), "something else")
        message = f"this is {kind}, not a file of text"
        raise _Refused("syntax", message, "put an ordinary file in its place", (1, 1))


def _check_size(size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        message = f"the file is larger than {limit // MEBIBYTE} MiB"
        raise _Refused("too-large", message, "part it into several files", (1, 1))


def _decode(data: bytes, file: str) -> str:
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            message = f"{file} is {encoding}, not UTF-8"
            raise _Refused("encoding", message, "save the file as UTF-8", (1, 1))
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        message = f"the byte 0x{data[error.start]:02x} here is not UTF-8"
        place = _place(data[: error.start].decode())
        raise _Refused("encoding", message, "save the file as UTF-8", place) from None
    _check_characters(text, data)
    return text


def _check_characters(text: str, data: bytes) -> None:
    if text.isascii() and not data.translate(None, _PRINTABLE_ASCII):
        return
    found = _FORBIDDEN.search(text)
    if found is not None:
        message = f"the character U+{ord(found.group()):04X} here is not allowed in YAML text"
        remedy = "take it out, or write it as an escape within double quotes"
        raise _Refused("encoding", message, remedy, _place(text[: found.start()]))


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows the text `before`."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1
