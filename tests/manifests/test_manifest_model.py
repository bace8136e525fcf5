"""What is valid in a manifest, what becomes of it, and its JSON Schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from reconciler.manifests.desired import desired_customer
from reconciler.manifests.manifest_model import manifest_schema
from reconciler.manifests.validation import validate_document
from reconciler.model.findings import Source
from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import (
    Acceptance,
    CodeReference,
    DesiredCustomer,
    DesiredQualification,
    EducationSegment,
    Qualification,
)
from reconciler.yaml_text.places import UNKNOWN
from tests.manifest_cases import GCC, INVALID_ENTRIES, K12, VALID, rules_and_paths
from tests.manifest_samples import CUSTOMER, manifest


def desired(data: object) -> DesiredCustomer:
    made = validate_document(data).manifest
    assert made is not None
    place = Source("a.yaml", 1, 1)
    return desired_customer(made, place, place, [place] * len(made.spec.qualifications))


def only_entry(data: object) -> DesiredQualification:
    (entry,) = desired(data).qualifications
    return entry


@pytest.mark.parametrize("data", VALID.values(), ids=VALID)
def test_valid(data: object) -> None:
    """What the contract allows is a manifest, and nothing is told of it."""
    validated = validate_document(data)
    assert validated.manifest is not None
    assert not validated.problems


def test_desired_state() -> None:
    """A manifest becomes desired state: the id in lower case, entries with their places."""
    data = manifest(
        [K12 | {"website": "contoso.edu"}, GCC, "None"],
        customerId=CUSTOMER.upper(),
        domain="Contoso.com",
        accept=["vetting-denied"],
    )
    data["metadata"]["labels"] = {"region": "us"}
    made = validate_document(data).manifest
    assert made is not None
    places = [Source("a.yaml", line, 1) for line in range(5)]
    customer = desired_customer(made, places[0], places[1], places[2:])
    assert customer == DesiredCustomer(
        customer_id=customer.customer_id,
        name="contoso",
        qualifications=(
            DesiredQualification(
                Qualification.EDUCATION, places[2], EducationSegment.K12, website="contoso.edu"
            ),
            DesiredQualification(
                Qualification.GCC, places[3], validation_code_from=CodeReference(env="CODE")
            ),
            DesiredQualification(Qualification.NONE, places[4]),
        ),
        source=places[0],
        qualifications_source=places[1],
        domain="Contoso.com",
        labels={"region": "us"},
        accept=frozenset({Acceptance("vetting-denied")}),
    )
    assert customer.customer_id == CUSTOMER


@pytest.mark.parametrize("name", Qualification)
def test_short_form(name: Qualification) -> None:
    """A qualification's bare name is short for an entry with nothing else."""
    assert only_entry(manifest([name.value])) == only_entry(
        manifest([{"qualification": name.value}])
    )


DENIALS: Final = {
    "2020-12-03T10:37:38.885Z": datetime(2020, 12, 3, 10, 37, 38, 885_000, UTC),
    "2020-12-03T10:37:38.6832021+00:00": datetime(2020, 12, 3, 10, 37, 38, 683_202, UTC),
    "2020-12-03T10:37:38": datetime(2020, 12, 3, 10, 37, 38, tzinfo=UTC),
    "2020-12-03t10:37:38.1z": datetime(2020, 12, 3, 10, 37, 38, 100_000, UTC),
    "2020-12-03T10:37:38+02:00": datetime(2020, 12, 3, 8, 37, 38, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "instant"), DENIALS.items())
def test_denial(text: str, instant: datetime) -> None:
    """A denial's date is read in every way the service spells it, to the microsecond, in UTC."""
    entry = only_entry(manifest([K12 | {"resubmitDenialOf": text}]))
    assert entry.resubmit_denial_of == instant
    assert entry.resubmit_denial_of.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize(
    "value",
    [
        *("", "yesterday", "2020-12-03", "2020-13-03T10:37:38Z", "2020-12-03T10:37:38.Z"),
        *("2020-12-03T10:37:38+25:00", "0001-01-01T00:00:00+10:00", "\uff12020-12-03T10:37:38Z"),
        *(20201203, None, ["2020-12-03T10:37:38Z"]),
    ],
)
def test_no_denial(value: object) -> None:
    """Anything else is no date of a denial."""
    data = manifest([K12 | {"resubmitDenialOf": value}])
    assert rules_and_paths(data) == [("invalid-value", "spec.qualifications.0.resubmitDenialOf")]


REFUSED_BEFORE: Final = {
    "unknown value": manifest(domain=UNKNOWN),
    "unknown entry": manifest([UNKNOWN]),
    "unknown name": manifest([{"qualification": UNKNOWN}]),
    "unknown kind": manifest() | {"kind": UNKNOWN},
    "merged keys": manifest() | {"metadata": {"<<": UNKNOWN}},
}


@pytest.mark.parametrize("data", REFUSED_BEFORE.values(), ids=REFUSED_BEFORE)
def test_not_told_twice(data: object) -> None:
    """What the YAML reader refused is not complained of again."""
    validated = validate_document(data)
    assert (validated.manifest, list(validated.problems)) == (None, [])


def test_twins_are_known_in_wrong_manifests() -> None:
    """Name and customer are told of a wrong manifest as well, for finding its duplicates."""
    validated = validate_document(manifest(domain=1, customerId=CUSTOMER.upper()))
    assert (validated.name, validated.customer_id) == ("contoso", CUSTOMER)
    validated = validate_document(manifest(customerId="x") | {"metadata": []})
    assert (validated.name, validated.customer_id) == (None, None)


VALIDATOR: Final = jsonschema.Draft202012Validator(manifest_schema())


@pytest.mark.parametrize("data", VALID.values(), ids=VALID)
def test_schema_allows(data: object) -> None:
    """The JSON Schema allows what is valid, both forms of an entry among it."""
    VALIDATOR.validate(data)


@pytest.mark.parametrize("case", sorted(INVALID_ENTRIES.keys() - {"website with a line break"}))
def test_schema_refuses(case: str) -> None:
    """The JSON Schema refuses wrong entries, in an editor already (Python's `$` lets one by)."""
    _, entry = INVALID_ENTRIES[case]
    assert not VALIDATOR.is_valid(manifest([entry]))


@pytest.mark.parametrize("name", ["AZURE_CLIENT_SECRET", "gh_token", "Git_Askpass", "ci_"])
def test_schema_refuses_reserved_variables(name: str) -> None:
    """An editor says already that a variable may hold what signs in, in any case."""
    assert not VALIDATOR.is_valid(manifest([GCC | {"validationCodeFrom": {"env": name}}]))
    free = f"CODE_{name}"
    VALIDATOR.validate(manifest([GCC | {"validationCodeFrom": {"env": free}}]))


def test_schema_is_made_for_editors() -> None:
    """The schema is valid, names the rules that can be accepted, and describes every key."""
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["AcceptEntry"]["properties"]["rule"]["enum"] == sorted(PLAN_RULES)
    _, short = schema["$defs"]["Spec"]["properties"]["accept"]["items"]["anyOf"]
    assert short["enum"] == sorted(PLAN_RULES)
    described = [
        (name, key)
        for name, model in schema["$defs"].items()
        for key, about in model.get("properties", {}).items()
        if key != "qualification" and "description" not in about
    ]
    assert described == []
    assert '"null"' not in json.dumps(schema)
