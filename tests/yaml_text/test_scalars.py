"""Scalars by YAML 1.2's core schema, and text written so that it reads back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.yaml_text.events import Reading, read_documents
from reconciler.yaml_text.scalars import plain_value, show, write_scalar
from reconciler.yaml_text.text_files import read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("0012345", 12345),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        (".Inf", math.inf),
        ("9" * 5000, math.inf),
    ],
)
def test_typed(text: str, value: object) -> None:
    """What the core schema names becomes a value of that type."""
    read = plain_value(text)
    assert (type(read), read) == (type(value), value)


def test_not_a_number() -> None:
    """`.nan` is a number, though equal to none."""
    read = plain_value(".NaN")
    assert isinstance(read, float)
    assert math.isnan(read)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "n", "nULL", "tRUE", "None"),
        *("2024-01-01", "2020-12-03T10:37:38.885Z", "12:30:45", "1_000", "0b11", "0o8", "0xg"),
        *("-", "+", ".", "..", "1e", "1.2.3", "-.nan", "inf", "nan", "1 2", "<<", "="),
        "14876998-c0dc-46e6-9d0c-65a57a6c32ec",
    ],
)
def test_text(text: str) -> None:
    """What the core schema does not name stays the text it is, dates and `no` among it."""
    assert plain_value(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("contoso.edu", "contoso.edu"),
        ("us-west", "us-west"),
        ("14876998-c0dc-46e6-9d0c-65a57a6c32ec", "14876998-c0dc-46e6-9d0c-65a57a6c32ec"),
        ("no", '"no"'),
        ("Null", '"Null"'),
        ("0012345", '"0012345"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ('say "a\\b"', '"say \\"a\\\\b\\""'),
        ("a\nb\tc\0", '"a\\x0ab\\x09c\\x00"'),
        ("\u202e", '"\\u202e"'),
        ("\U000e0041", '"\\U000e0041"'),
        ("école", '"école"'),
    ],
)
def test_written(text: str, written: str) -> None:
    """Text is written plain only where no YAML reader could take it for anything else."""
    assert write_scalar(text) == written


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_written_reads_back(text: str) -> None:
    """Any text that is written reads back as itself, as a value and as a key."""
    document = f"{write_scalar(text)}: [{write_scalar(text)}]\n"
    (read,) = read_documents(document, Reading("a.yaml"))
    assert read.places is not None
    assert read.diagnostics == ()
    assert read.places.root == {text: [text]}


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_written_may_stand_in_a_file(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No text that is written holds a character that a file may not hold."""
    path = tmp_path_factory.getbasetemp() / "scalar.yaml"
    path.write_bytes(write_scalar(text).encode())
    assert read_text(path, "scalar.yaml") == write_scalar(text)


def test_shown() -> None:
    """A text is shown on one line, with nothing hidden, and cut where it is long."""
    assert show("a\n\u202eb") == '"a\\x0a\\u202eb"'
    assert show("x" * 100) == '"' + "x" * 60 + '..."'
