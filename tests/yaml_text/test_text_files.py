"""Reading text files: what is no plain UTF-8 text of bounded size is refused with its place."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Diagnostic
from reconciler.yaml_text.text_files import MAX_BYTES, read_text
from tests.manifest_samples import brief

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read(path: Path) -> str | Diagnostic:
    return read_text(path, "a.yaml")


def refused(path: Path) -> Diagnostic:
    told = read(path)
    assert isinstance(told, Diagnostic)
    assert told.remedy
    return told


VALID: Final = {
    "ascii": (b"a: b\r\n\tc\n", "a: b\r\n\tc\n"),
    "utf-8": ("é 🎓\n".encode(), "é 🎓\n"),
    "byte order mark": (b"\xef\xbb\xbfa: b\n", "a: b\n"),
    "empty": (b"", ""),
}


@pytest.mark.parametrize(("data", "text"), VALID.values(), ids=VALID)
def test_text(data: bytes, text: str, tmp_path: Path) -> None:
    """UTF-8 is read as it is, without a byte order mark."""
    (tmp_path / "a.yaml").write_bytes(data)
    assert read(tmp_path / "a.yaml") == text


INVALID: Final = {
    "UTF-16, little end first": ("a: b\n".encode("utf-16"), "1:1"),
    "UTF-16, big end first": (b"\xfe\xff\0a", "1:1"),
    "UTF-16 without a mark": (b"a\0:\0", "1:2"),
    "UTF-32": ("a".encode("utf-32"), "1:1"),
    "latin-1": ("a: b\r\né: école\n".encode("latin-1"), "2:1"),
    "cut within a character": ("a: é".encode()[:-1], "1:4"),
    "surrogate": (b"\xed\xa0\x80", "1:1"),
    "NUL": (b"a: \0", "1:4"),
    "escape": (b"a\rb\r\n\x1b[2J", "3:1"),
    "delete": (b"a\x7f", "1:2"),
    "next line": ("é\x85".encode(), "1:2"),
    "line separator": ("a\u2028b".encode(), "1:2"),
    "text from right to left": ("a: \u202eb".encode(), "1:4"),
    "isolate": ("a: \u2066b".encode(), "1:4"),
    "byte order mark in the text": ("a\ufeff".encode(), "1:2"),
    "no character": ("a\uffff".encode(), "1:2"),
}


@pytest.mark.parametrize(("data", "place"), INVALID.values(), ids=INVALID)
def test_encoding(data: bytes, place: str, tmp_path: Path) -> None:
    """What is not UTF-8, or can't be seen as it is read, is told at the first such character."""
    (tmp_path / "a.yaml").write_bytes(data)
    assert brief(refused(tmp_path / "a.yaml")) == f"{place} encoding"


FORBIDDEN: Final = (
    *range(0x09),
    *(0x0B, 0x0C),
    *range(0x0E, 0x20),
    *range(0x7F, 0xA0),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    *(0xFEFF, 0xFFFE, 0xFFFF),
)
"""What YAML forbids, line breaks that few readers know, and what turns the text about."""


def test_every_forbidden_character(tmp_path: Path) -> None:
    """Each of them is refused, and neither of its neighbours that is not one of them."""
    path = tmp_path / "a.yaml"
    looked_at = {beside for point in FORBIDDEN for beside in (point - 1, point, point + 1)} - {-1}
    found = set()
    for point in looked_at:
        path.write_bytes(f"é{chr(point)}".encode())
        if isinstance(read(path), Diagnostic):
            found.add(point)
    assert found == set(FORBIDDEN)


@pytest.mark.parametrize("point", [each for each in FORBIDDEN if each < 0x80])
def test_every_forbidden_character_of_ascii(point: int, tmp_path: Path) -> None:
    """In text of ASCII alone, which is looked through another way, they are refused as well."""
    (tmp_path / "a.yaml").write_bytes(b"a" + bytes([point]))
    assert f"U+{point:04X}" in refused(tmp_path / "a.yaml").message


def test_largest(tmp_path: Path) -> None:
    """Eight mebibytes are read."""
    (tmp_path / "a.yaml").write_bytes(b"#" * MAX_BYTES)
    assert isinstance(read(tmp_path / "a.yaml"), str)


def test_too_large(tmp_path: Path) -> None:
    """A larger file is refused by its size, however much that is."""
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(1 << 40)
    assert brief(refused(tmp_path / "a.yaml")) == "1:1 too-large"


def test_larger_than_it_says(tmp_path: Path) -> None:
    """A file that holds more than its size says is refused as well."""
    (tmp_path / "a.yaml").symlink_to("/proc/self/status")
    told = read_text(tmp_path / "a.yaml", "a.yaml", limit=10)
    assert isinstance(told, Diagnostic)
    assert told.rule == "too-large"


@pytest.mark.parametrize("limit", [MAX_BYTES, None])
def test_grown_since(tmp_path: Path, limit: int | None) -> None:
    """A file that holds more than its size says, but not too much, is read whole."""
    (tmp_path / "a.yaml").symlink_to("/proc/version")
    told = read_text(tmp_path / "a.yaml", "a.yaml", limit)
    assert isinstance(told, str)
    assert told.endswith("\n")


def test_without_limit(tmp_path: Path) -> None:
    """Without a limit, any size is read."""
    (tmp_path / "a.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    assert isinstance(read_text(tmp_path / "a.yaml", "a.yaml", limit=None), str)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


SPECIAL: Final[dict[str, Callable[[Path], None]]] = {
    "a folder": lambda path: path.mkdir(),
    "a named pipe": make_pipe,
    "a socket": make_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "No such file": lambda path: path.symlink_to("nowhere"),
    "Too many levels": lambda path: path.symlink_to(path.name),
    "Not a directory": lambda path: path.symlink_to("/dev/null/a"),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", SPECIAL)
def test_special_files(kind: str, tmp_path: Path) -> None:
    """What is no regular file is told, and neither opened nor waited for."""
    SPECIAL[kind](tmp_path / "a")
    told = refused(tmp_path / "a")
    assert brief(told) == "1:1 syntax"
    assert kind in told.message
