"""The names of new manifests: after the customer, in any alphabet, valid and never taken."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifests.naming import name_manifest
from reconciler.model.state import CustomerId, CustomerSummary
from tests.worlds import CLAIM, CONTOSO

VALID: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def named(name: str, domain: str | None = None, *taken: str) -> str:
    return name_manifest(CustomerSummary(CONTOSO, name, domain), set(taken))


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Contoso Unified School District", "contoso-unified-school-district"),
        ("Łódź Übersee-Straße", "lodz-ubersee-strasse"),
        ("  A.  & B.  ", "a-b"),
        ("École 42", "ecole-42"),
        ("CON", "con-14876998"),
        ("reconciler", "reconciler-14876998"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 81, "x" * 80),
    ],
)
def test_a_latin_name(company: str, name: str) -> None:
    """Letters stay, marks go; what a file system or we take for something else gets the id."""
    assert named(company) == name


@pytest.mark.parametrize("company", ["株式会社コントソ", "Москва", "مدرسة", "", "!!!"])
def test_another_alphabet_falls_back_to_the_domain(company: str) -> None:
    """Half a name would mislead; without a domain there is still the id."""
    assert named(company, "contoso.onmicrosoft.com") == "contoso"
    assert named(company) == "customer"
    assert named(company, None, "customer") == "customer-14876998"


def test_a_taken_name_gets_the_id() -> None:
    """Two customers of one name are two manifests."""
    assert named("Contoso", None, "contoso") == "contoso-14876998"
    assert named("Contoso", None, "contoso", "contoso-14876998") == f"contoso-{CONTOSO}"


@CLAIM
@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=50)))
def test_any_text_gives_a_valid_name(company: str, domain: str | None) -> None:
    """As the schema of manifests wants it, and so a file name everywhere."""
    name = name_manifest(CustomerSummary(CustomerId(CONTOSO), company, domain), set())
    assert VALID.fullmatch(name)
    assert len(name) <= 130
