"""Broken and hostile manifests by name: the bytes of a file, and the rule that refuses it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tests.manifest_samples import CUSTOMER, HEAD, VALID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEBIBYTE: Final = 1024 * 1024


def spec(lines: str) -> bytes:
    """A manifest whose `spec` goes on with these lines."""
    return (HEAD + lines).encode()


def entries(text: str) -> bytes:
    return spec(f"  qualifications: {text}\n")


def laughs() -> str:
    """Nine lists, each of nine aliases of the one before: 387 million texts."""
    first = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
    levels = range(1, 9)
    lists = (f"a{each}: &a{each} [{f'*a{each - 1}, ' * 9}]\n" for each in levels)
    return first + "".join(lists)


CRASHING: Final[dict[str, tuple[bytes, str]]] = {
    "100,000 open brackets": (b"[" * 100_000, "too-deep"),
    "100,000 brackets, closed": (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
    "100,000 open braces": (b"{a: " * 100_000, "too-deep"),
    "100,000 brackets on lines of their own": (b"[\n" * 100_000, "too-deep"),
    "100,000 dashes": (b"- " * 100_000 + b"a\n", "too-deep"),
    "100,000 question marks": (b"? " * 100_000 + b"a\n", "too-deep"),
    "1,000 levels of blocks": (
        b"".join(b" " * level + b"a:\n" for level in range(1000)),
        "too-deep",
    ),
    "brackets in a value": (spec("  domain: " + "[" * 50_000), "too-deep"),
    "brackets in a key": (b"{" * 50_000 + b"}" * 50_000, "too-deep"),
    "alias bomb": (laughs().encode(), "forbidden-yaml"),
    "a list within itself": (b"a: &a [*a]\n", "forbidden-yaml"),
    "a mapping as its own key": (b"? &a [*a]\n: b\n", "forbidden-yaml"),
    "200,000 aliases": (b"a: &a b\nc: [" + b"*a," * 200_000 + b"]\n", "forbidden-yaml"),
    "200,000 anchors": (b"[" + b"&a b," * 200_000 + b"]\n", "forbidden-yaml"),
    "a program to run": (b'!!python/object/apply:os.system ["touch planted"]\n', "forbidden-yaml"),
    "a module to load": (b"a: !!python/module:antigravity ''\n", "forbidden-yaml"),
    "a scalar of a million lines": (b"a: 'b\n" + b"\n" * 1_000_000, "syntax"),
    "a key of a million letters": (b"a" * 1_000_000 + b": b\n", "syntax"),
    "an integer of 100,000 digits": (spec("  domain: " + "9" * 100_000 + "\n"), "invalid-value"),
    "a hexadecimal of 100,000 digits": (spec(f"  domain: 0x{'f' * 100_000}\n"), "invalid-value"),
    "a number to a huge power": (spec("  domain: 1e999999999\n"), "invalid-value"),
    "a million commas": (b"[" + b"," * 1_000_000, "syntax"),
    "100,000 broken documents": (b"--- ]\n" * 100_000, "syntax"),
    "100,000 documents that are none": (b"--- a\n" * 100_000, "unknown-kind"),
    "a million keys, four of them different": (
        b"{" + b"a,b,c,d," * 250_000 + b"}",
        "duplicate-key",
    ),
    "a million entries": (entries("[" + "x," * 1_000_000 + "]"), "too-large"),
    "half a million keys": (
        ("{" + "".join(f"k{each}," for each in range(500_000)) + "}").encode(),
        "too-large",
    ),
    "as many numbers as keys": (("{" + "1," * 500_000 + "}").encode(), "invalid-value"),
    "a null byte after a manifest": (VALID.encode() + b"\0", "encoding"),
    "a name of 8 million letters": (
        VALID.replace("contoso", "a" * 8_000_000).encode(),
        "invalid-value",
    ),
}

BROKEN: Final[dict[str, tuple[bytes, str]]] = {
    "NUL": (b"\0", "encoding"),
    "random bytes": (bytes(range(256)), "encoding"),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "encoding"),
    "UTF-16": (VALID.encode("utf-16"), "encoding"),
    "UTF-16 without a mark": (VALID.encode("utf-16-le"), "encoding"),
    "UTF-32": (VALID.encode("utf-32"), "encoding"),
    "latin-1": (VALID.replace("contoso", "école").encode("latin-1"), "encoding"),
    "cut within a character": ("a: é".encode()[:-1], "encoding"),
    "an escape for the terminal": (b"a: \x1b[2J\n", "encoding"),
    "text that is shown in another order": ("a: \u202eb\n".encode(), "encoding"),
    "a line break that editors don't show": ("# a\u2028b: c\n".encode(), "encoding"),
    "cut within a mapping": (VALID[: VALID.index("spec:") + 3].encode(), "syntax"),
    "cut within a quote": (HEAD.encode() + b'  domain: "conto', "syntax"),
    "a tab for indentation": (b"metadata:\n\tname: a\n", "syntax"),
    "CRLF within a quote": (b"a: 'b\r\n\r\nc: d\r\n", "syntax"),
    "lone carriage returns": (b"a: b\rc\rd: e\r", "syntax"),
    "mixed line ends": (b"a: b\r\nc: [\n\r\rd\r\n", "syntax"),
    "a merge conflict": (b"<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> b\n", "syntax"),
    "a template": (b"metadata:\n  name: {{ .Values.name }}\n", "invalid-value"),
    "a JSON list": (b'[{"a": "b"}]', "unknown-kind"),
    "plain text": (b"Read me first.\n", "unknown-kind"),
    "a Kubernetes secret": (b"apiVersion: v1\nkind: Secret\n", "unknown-kind"),
    "an anchor": (entries("&a [StateOwnedEntity]"), "forbidden-yaml"),
    "an alias": (entries("*a"), "forbidden-yaml"),
    "a merge key": (spec("  <<: {qualifications: []}\n"), "forbidden-yaml"),
    "a tag": (entries("!!seq [StateOwnedEntity]"), "forbidden-yaml"),
    "a directive": (b"%YAML 1.1\n---\n" + VALID.encode(), "forbidden-yaml"),
    "a key twice": (spec(f"  customerId: {CUSTOMER}\n"), "duplicate-key"),
    "a list as a key": (spec("  ? [a]\n  : b\n"), "invalid-value"),
    "a number as a key": (spec("  1: b\n"), "invalid-value"),
    "no entries": (HEAD.encode(), "missing-key"),
    "null for entries": (entries(""), "invalid-value"),
    "a misspelt key": (spec("  qualification: []\n"), "unknown-key"),
    "a misspelt name": (entries("[Educaton]"), "invalid-value"),
    "a number for a text": (spec("  domain: 0012345\n"), "invalid-value"),
    "a code in the open": (
        entries('[{qualification: GovernmentCommunityCloud, validationCode: "123456"}]'),
        "inline-secret",
    ),
    "a code's file elsewhere": (
        entries(
            "[{qualification: GovernmentCommunityCloud, validationCodeFrom: {file: /etc/passwd}}]"
        ),
        "outside-folder",
    ),
    "the environment's secret": (
        entries(
            "[{qualification: GovernmentCommunityCloud,"
            " validationCodeFrom: {env: AZURE_CLIENT_SECRET}}]"
        ),
        "invalid-value",
    ),
    "None with another": (entries("[None, StateOwnedEntity]"), "none-with-others"),
    "a qualification twice": (
        entries("[StateOwnedEntity, StateOwnedEntity]"),
        "duplicate-qualification",
    ),
    "the same manifest twice": (f"{VALID}---\n{VALID}".encode(), "duplicate-customer"),
    "8 MiB and one byte": (b"#" * (8 * MEBIBYTE + 1), "too-large"),
}


def large_and_empty(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


FILES: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "a terabyte of nothing": (large_and_empty, "too-large"),
    "a named pipe": (os.mkfifo, "syntax"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "syntax"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "syntax"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "outside-folder"),
    "a link to a secret": (lambda path: path.symlink_to("/etc/passwd"), "outside-folder"),
}
