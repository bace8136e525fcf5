"""Claims about validation codes: read from where the manifest says, and from nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.validation_codes import LONGEST_CODE, CodeReader, unreadable_codes
from reconciler.model.secret import Secret
from reconciler.model.state import CodeReference, DesiredState
from tests.worlds import CODE, CONTOSO, FABRIKAM, SOE, customer, gcc

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST: Final = "customers/contoso.yaml"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Make a working folder with codes in it, beside it and in a folder for secrets."""
    for path in ("work/customers/sub", "secrets", "elsewhere"):
        (tmp_path / path).mkdir(parents=True)
    for name in ("work/customers/sub/code", "work/code", "secrets/code", "elsewhere/code"):
        (tmp_path / name).write_text(f" {name}\r\n\t", encoding="utf-8")
    (tmp_path / "work/customers/secrets-evil").mkdir()
    return tmp_path / "work"


def read(base: Path, name: str) -> str | None:
    """Read a code file with both folders allowed."""
    reader = CodeReader({}, base, base.parent / "secrets")
    code = reader.read(CodeReference(file=name), MANIFEST)
    return None if code is None else code.reveal()


@pytest.mark.parametrize(
    ("value", "code"),
    [("908172", "908172"), ("  908172\n", "908172"), ("a b", "a b"), ("", None), (" \n\t", None)],
)
def test_variable(tmp_path: Path, value: str, code: str | None) -> None:
    """A code in the environment loses the white space around it; an empty one is none."""
    reader = CodeReader({"CONTOSO_CODE": value}, tmp_path, None)
    assert reader.read(CODE, MANIFEST) == (None if code is None else Secret(code))


def test_no_such_variable(tmp_path: Path) -> None:
    """A variable that isn't set holds no code."""
    assert CodeReader({"contoso_code": "1"}, tmp_path, None).read(CODE, MANIFEST) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sub/code", "work/customers/sub/code"),
        ("./sub/../sub/code", "work/customers/sub/code"),
        ("code", "secrets/code"),
        ("{secrets}/code", "secrets/code"),
        ("{base}/customers/sub/code", "work/customers/sub/code"),
        ("missing", None),
        ("sub", None),
        (".", None),
        ("", None),
        ("../code", None),
        ("{base}/code", None),
        ("../../elsewhere/code", None),
        ("../../secrets/code", "secrets/code"),
        ("sub/code/x", None),
        ("x" * 5000, None),
    ],
    ids=repr,
)
def test_file(base: Path, name: str, code: str | None) -> None:
    """A file within the manifest's folder or the folder for secrets is read, and no other."""
    named = name.format(base=base, secrets=base.parent / "secrets")
    assert read(base, named) == code


def test_secrets_folder_only_where_configured(base: Path) -> None:
    """Without a folder for secrets, only the manifest's own is allowed."""
    reader = CodeReader({}, base, None)
    assert reader.read(CodeReference(file="code"), MANIFEST) is None
    assert reader.read(CodeReference(file=f"{base.parent}/secrets/code"), MANIFEST) is None
    assert reader.read(CodeReference(file="sub/code"), MANIFEST) is not None


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("sub/code", "work/customers/sub/code"),
        ("../../secrets/code", "secrets/code"),
        ("../../elsewhere/code", None),
        ("../code", None),
        ("link", None),
        ("nowhere", None),
    ],
)
def test_link(base: Path, target: str, code: str | None) -> None:
    """A symbolic link counts as where it leads; one that leads outside, or in circles, is none."""
    (base / "customers/link").symlink_to(target)
    assert read(base, "link") == code


def test_folder_that_is_a_link(base: Path) -> None:
    """A linked folder does not widen what may be read."""
    (base / "customers/away").symlink_to("../../elsewhere")
    assert read(base, "away/code") is None


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"\xff\xfe1\x002\x00", b"1" * (LONGEST_CODE + 1)],
    ids=["empty", "blank", "not UTF-8", "too long"],
)
def test_no_code(base: Path, content: bytes) -> None:
    """A file that is empty, no text or too long holds no code."""
    (base / "customers/odd").write_bytes(content)
    assert read(base, "odd") is None


def test_longest(base: Path) -> None:
    """A code may fill its file."""
    (base / "customers/long").write_bytes(b"1" * LONGEST_CODE)
    assert read(base, "long") == "1" * LONGEST_CODE


def test_unreadable_codes(tmp_path: Path) -> None:
    """Those that can't be read here are told by customer and reference."""
    contoso = customer(gcc(), SOE)
    fabrikam = customer(
        gcc(CodeReference(env="SET")), gcc(None), customer_id=FABRIKAM, name="fabrikam"
    )
    reader = CodeReader({"SET": "1"}, tmp_path, None)
    assert unreadable_codes(DesiredState((contoso, fabrikam)), reader) == {(CONTOSO, CODE)}
