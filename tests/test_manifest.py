"""The shape of a manifest: what is lawful, what is told of the rest, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from reconciler.findings import Severity, Source
from reconciler.manifest import desired_customer, manifest_schema, review
from reconciler.manifest_fields import RESERVED_ENV
from reconciler.rules import PLAN_RULES
from reconciler.state import (
    CodeReference,
    DesiredCustomer,
    DesiredQualification,
    EducationSegment,
    Qualification,
)
from reconciler.yaml_places import UNKNOWN
from tests.manifest_samples import CUSTOMER, manifest

if TYPE_CHECKING:
    from reconciler.problems import Problem

K12: Final = {"qualification": "Education", "educationSegment": "K12"}
GCC: Final = {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"env": "CODE"}}
ENTRY: Final = ("spec", "qualifications", 0)


def problems(data: object) -> list[Problem]:
    return list(review(data).problems)


def told(data: object) -> list[tuple[str, str]]:
    return [(each.rule, ".".join(map(str, each.path))) for each in problems(data)]


def desired(data: object) -> DesiredCustomer:
    made = review(data).manifest
    assert made is not None
    place = Source("a.yaml", 1, 1)
    return desired_customer(made, place, place, [place] * len(made.spec.qualifications))


def only_entry(data: object) -> DesiredQualification:
    (entry,) = desired(data).qualifications
    return entry


LAWFUL: Final = {
    "no entries": manifest([]),
    "short": manifest(["StateOwnedEntity"]),
    "education": manifest([{**K12, "website": "https://contoso.edu/école"}]),
    "code in a variable": manifest([GCC]),
    "code in a file": manifest([{**GCC, "validationCodeFrom": {"file": "codes/contoso"}}]),
    "everything else": manifest(
        [K12],
        customerId=CUSTOMER.upper(),
        domain="Contoso.onmicrosoft.com",
        accept=["vetting-denied", "customer-not-found", "not-checked"],
    ),
    "labels": manifest([K12])
    | {"metadata": {"name": "a.b-c1", "labels": {"region": "us west", "empty": ""}}},
}


@pytest.mark.parametrize("data", LAWFUL.values(), ids=LAWFUL)
def test_lawful(data: object) -> None:
    """What the contract allows is a manifest, and nothing is told of it."""
    reviewed = review(data)
    assert reviewed.manifest is not None
    assert not reviewed.problems


def test_desired_state() -> None:
    """A manifest becomes desired state: the id in lower case, entries with their places."""
    data = manifest(
        [K12 | {"website": "contoso.edu"}, GCC, "None"],
        customerId=CUSTOMER.upper(),
        domain="Contoso.com",
        accept=["vetting-denied"],
    )
    data["metadata"]["labels"] = {"region": "us"}
    made = review(data).manifest
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
        accept=frozenset({"vetting-denied"}),
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
    assert told(data) == [("invalid-value", "spec.qualifications.0.resubmitDenialOf")]


STRANGERS: Final[dict[str, tuple[object, str]]] = {
    "list": (["a"], ""),
    "text": ("a", ""),
    "null": (None, ""),
    "neither key": ({"metadata": {}}, ""),
    "another kind": (manifest() | {"kind": "Secret"}, "kind"),
    "another version": (manifest() | {"apiVersion": "reconciler/v2"}, "apiVersion"),
    "another of both": ({"apiVersion": "v1", "kind": "Secret", "data": {}}, "kind"),
    "a configuration": ({"apiVersion": "reconciler/v1", "kind": "ReconcilerConfig"}, "kind"),
    "wrong case": (manifest() | {"kind": "customerqualifications"}, "kind"),
    "no text": (manifest() | {"apiVersion": 1}, "apiVersion"),
}


@pytest.mark.parametrize(("data", "path"), STRANGERS.values(), ids=STRANGERS)
def test_unknown_kind(data: object, path: str) -> None:
    """What is no manifest is told once, and not checked further."""
    reviewed = review(data)
    assert told(data) == [("unknown-kind", path)]
    assert (reviewed.manifest, reviewed.name, reviewed.customer_id) == (None, None, None)


def without(data: dict[str, Any], *path: str) -> dict[str, Any]:
    *parents, last = path
    copy: dict[str, Any] = json.loads(json.dumps(data))
    mapping = copy
    for step in parents:
        mapping = mapping[step]
    del mapping[last]
    return copy


@pytest.mark.parametrize(
    "path",
    [
        ("apiVersion",),
        ("kind",),
        ("metadata",),
        ("metadata", "name"),
        ("spec",),
        ("spec", "customerId"),
        ("spec", "qualifications"),
    ],
)
def test_missing_key(path: tuple[str, ...]) -> None:
    """Each required key is missed, in the mapping that lacks it."""
    (problem,) = problems(without(manifest(), *path))
    assert (problem.rule, problem.path) == ("missing-key", path[:-1])
    assert path[-1] in problem.message
    assert f"add {path[-1]}" in problem.remedy


UNKNOWN_KEYS: Final = {
    "at the top": (manifest() | {"status": {}}, ("status",)),
    "in metadata": (manifest() | {"metadata": {"name": "a", "owner": "b"}}, ("metadata", "owner")),
    "in spec": (manifest(tenant="a"), ("spec", "tenant")),
    "in an entry": (manifest([K12 | {"segment": "K12"}]), (*ENTRY, "segment")),
    "of another entry": (
        manifest([{"qualification": "StateOwnedEntity", "educationSegment": "K12"}]),
        (*ENTRY, "educationSegment"),
    ),
    "called as the tag": (manifest([K12 | {"Education": "K12"}]), (*ENTRY, "Education")),
    "under validationCodeFrom": (
        manifest([GCC | {"validationCodeFrom": {"env": "A", "vault": "b"}}]),
        (*ENTRY, "validationCodeFrom", "vault"),
    ),
}


@pytest.mark.parametrize(("data", "path"), UNKNOWN_KEYS.values(), ids=UNKNOWN_KEYS)
def test_unknown_key(data: object, path: tuple[str | int, ...]) -> None:
    """A key that means nothing is told at the key, with the keys that would mean something."""
    (problem,) = problems(data)
    assert (problem.rule, problem.path, problem.at_key) == ("unknown-key", path, True)
    assert "it takes" in problem.message


def test_keys_of_a_qualification() -> None:
    """A key of another qualification is refused with the keys that this one takes."""
    (problem,) = problems(UNKNOWN_KEYS["of another entry"][0])
    assert problem.message == (
        "spec.qualifications[0] (StateOwnedEntity) has no key "
        '"educationSegment": it takes only qualification'
    )


INVALID: Final = {
    "name with blanks": ("metadata.name", {"name": "Contoso School"}),
    "name in upper case": ("metadata.name", {"name": "Contoso"}),
    "empty name": ("metadata.name", {"name": ""}),
    "long name": ("metadata.name", {"name": "a" * 254}),
    "number for a name": ("metadata.name", {"name": 12}),
    "list for labels": ("metadata.labels", {"name": "a", "labels": ["a"]}),
    "number for a label": ("metadata.labels.a", {"name": "a", "labels": {"a": 1}}),
    "null for a label": ("metadata.labels.a", {"name": "a", "labels": {"a": None}}),
    "hidden text in a label": ("metadata.labels.a", {"name": "a", "labels": {"a": "b\u202ec"}}),
    "line break in a label's key": ("metadata.labels.a\n", {"name": "a", "labels": {"a\n": "b"}}),
    "customer that is no GUID": ("spec.customerId", {"customerId": "contoso.com"}),
    "customer in braces": ("spec.customerId", {"customerId": f"{{{CUSTOMER}}}"}),
    "customer without hyphens": ("spec.customerId", {"customerId": CUSTOMER.replace("-", "")}),
    "customer with an end of line": ("spec.customerId", {"customerId": CUSTOMER + "\n"}),
    "number for a customer": ("spec.customerId", {"customerId": 12}),
    "empty domain": ("spec.domain", {"domain": ""}),
    "domain with blanks": ("spec.domain", {"domain": "contoso .com"}),
    "domain with a scheme": ("spec.domain", {"domain": "https://contoso.com"}),
    "domain that ends in a dot": ("spec.domain", {"domain": "contoso.com."}),
    "null for a domain": ("spec.domain", {"domain": None}),
    "boolean for a domain": ("spec.domain", {"domain": True}),
    "text for accept": ("spec.accept", {"accept": "vetting-denied"}),
    "stranger in accept": ("spec.accept.1", {"accept": ["vetting-denied", "everything"]}),
    "rule that no plan raises": ("spec.accept.0", {"accept": ["inline-secret"]}),
    "mapping for entries": ("spec.qualifications", {"qualifications": {}}),
    "null for entries": ("spec.qualifications", {"qualifications": None}),
    "null for an entry": ("spec.qualifications.0", {"qualifications": [None]}),
    "list for an entry": ("spec.qualifications.0", {"qualifications": [["None"]]}),
    "number for an entry": ("spec.qualifications.0", {"qualifications": [1]}),
}


@pytest.mark.parametrize(("path", "change"), INVALID.values(), ids=INVALID)
def test_invalid_value(path: str, change: dict[str, object]) -> None:
    """A value of the wrong type or form is told once, at the value."""
    data = manifest()
    data[path.partition(".")[0]] |= change
    assert told(data) == [("invalid-value", path)]


INVALID_ENTRIES: Final = {
    "unknown name": (".qualification", {"qualification": "Charity"}),
    "null for a name": (".qualification", {"qualification": None}),
    "mapping for a name": (".qualification", {"qualification": {"Education": "K12"}}),
    "unknown segment": (".educationSegment", K12 | {"educationSegment": "Kindergarten"}),
    "null for a segment": (".educationSegment", K12 | {"educationSegment": None}),
    "number for a segment": (".educationSegment", K12 | {"educationSegment": 12}),
    "empty website": (".website", K12 | {"website": ""}),
    "website with blanks": (".website", K12 | {"website": "contoso edu"}),
    "website with a line break": (".website", K12 | {"website": "contoso.edu\n"}),
    "long website": (".website", K12 | {"website": "a" * 2049}),
    "null for a website": (".website", K12 | {"website": None}),
    "no place of a code": (".validationCodeFrom", GCC | {"validationCodeFrom": {}}),
    "two places of a code": (
        ".validationCodeFrom",
        GCC | {"validationCodeFrom": {"env": "A", "file": "b"}},
    ),
    "null for a code's place": (".validationCodeFrom", GCC | {"validationCodeFrom": None}),
    "list for a code's place": (".validationCodeFrom", GCC | {"validationCodeFrom": ["CODE"]}),
    "odd variable": (".validationCodeFrom.env", GCC | {"validationCodeFrom": {"env": "A-B"}}),
    "empty variable": (".validationCodeFrom.env", GCC | {"validationCodeFrom": {"env": ""}}),
    "empty file": (".validationCodeFrom.file", GCC | {"validationCodeFrom": {"file": ""}}),
    "NUL in a file": (".validationCodeFrom.file", GCC | {"validationCodeFrom": {"file": "a\0"}}),
}


@pytest.mark.parametrize(("path", "entry"), INVALID_ENTRIES.values(), ids=INVALID_ENTRIES)
def test_invalid_entry(path: str, entry: object) -> None:
    """A wrong value within an entry is told once, without any noise of the other entries."""
    assert told(manifest([entry])) == [("invalid-value", f"spec.qualifications.0{path}")]


@pytest.mark.parametrize("prefix", RESERVED_ENV)
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
def test_reserved_variables(prefix: str, spell: Any) -> None:
    """What signs in can't be sent as a code, however the variable's name is spelt."""
    entry = GCC | {"validationCodeFrom": {"env": spell(f"{prefix}SECRET")}}
    (problem,) = problems(manifest([entry]))
    assert problem.rule == "invalid-value"
    assert problem.message.endswith(f"is a name that begins with {prefix}")


MEANT: Final = {
    "key": (manifest(accpet=[]), "accept"),
    "key in another case": (
        without(manifest(customerid=CUSTOMER), "spec", "customerId"),
        "customerId",
    ),
    "key of an entry": (manifest([K12 | {"webSite": "a.edu"}]), "website"),
    "name": (manifest([K12 | {"qualification": "Educaton"}]), "Education"),
    "name in another case": (manifest(["stateownedentity"]), "StateOwnedEntity"),
    "initials": (manifest(["GCC"]), "GovernmentCommunityCloud"),
    "segment": (manifest([K12 | {"educationSegment": "k12"}]), "K12"),
    "rule": (manifest(accept=["vetting-deny"]), "vetting-denied"),
    "kind": (manifest() | {"kind": "CustomerQualification"}, "CustomerQualifications"),
}


@pytest.mark.parametrize(("data", "meant"), MEANT.values(), ids=MEANT)
def test_did_you_mean(data: object, meant: str) -> None:
    """A misspelt word is told once, with the word that was meant."""
    assert [each.remedy for each in problems(data)][:1] == [f"did you mean {meant}?"]
    assert len([each for each in problems(data) if each.severity is Severity.ERROR]) == 1


def test_entries_with_a_misspelt_name_are_checked() -> None:
    """What else is wrong in an entry whose name is misspelt is told in the same run."""
    data = manifest([{"qualification": "Educaton", "educationSegment": "k12", "webste": "a"}])
    assert told(data) == [
        ("invalid-value", "spec.qualifications.0.qualification"),
        ("invalid-value", "spec.qualifications.0.educationSegment"),
        ("unknown-key", "spec.qualifications.0.webste"),
    ]


def test_quote_it() -> None:
    """A number where text is due is refused with the way out."""
    (problem,) = problems(manifest(domain=12345))
    assert problem.message == "spec.domain is a number, not a domain name"
    assert problem.remedy.startswith("quote it")


@pytest.mark.parametrize("key", ["validationCode", "ValidationCode", "validation_code"])
@pytest.mark.parametrize(
    "place",
    [
        lambda code: manifest([GCC | code]),
        lambda code: manifest([{"qualification": "Educaton"} | code]),
        lambda code: manifest(**code),
        lambda code: manifest() | code,
        lambda code: manifest() | {"metadata": {"name": "a", "labels": code}},
        lambda code: manifest([GCC | {"validationCodeFrom": code}]),
        lambda code: manifest(extra=[{"deep": code}]),
    ],
)
def test_inline_secret(key: str, place: Any) -> None:
    """A code in the open is refused wherever it stands, and never repeated."""
    for code in ("PLANTED-123", {"value": "PLANTED-123"}, 4711):
        found = problems(place({key: code}))
        assert [each.rule for each in found].count("inline-secret") == 1
        assert all(each.at_key for each in found if each.rule == "inline-secret")
        assert not any(word in str(found) for word in ("PLANTED-123", "4711"))


@pytest.mark.parametrize(
    "where",
    ["PLANTED-123", {"env": "PLANTED-123"}, {"PLANTED-123": "x"}, {"file": "PLANTED-123\n"}],
)
def test_misplaced_codes_are_not_repeated(where: object) -> None:
    """A code that stands where its place is due is not repeated in any message."""
    found = problems(manifest([GCC | {"validationCodeFrom": where}]))
    assert found
    assert "PLANTED-123" not in "".join(each.message + each.remedy for each in found)


TOGETHER: Final = {
    "None alone": (["None"], ["none-not-settable 0"]),
    "None and another": (["None", "StateOwnedEntity"], ["none-with-others 0"]),
    "another and None": (["StateOwnedEntity", "None"], ["none-with-others 1"]),
    "None twice": (["None", "None"], ["none-not-settable 0", "duplicate-qualification 1"]),
    "Nonprofit": (["Nonprofit"], ["nonprofit-not-settable 0"]),
    "twice": (["StateOwnedEntity"] * 3, ["duplicate-qualification 1", "duplicate-qualification 2"]),
    "twice in two forms": (
        ["StateOwnedEntity", {"qualification": "StateOwnedEntity"}],
        ["duplicate-qualification 1"],
    ),
    "no segment": (["Education"], ["education-segment-missing 0"]),
    "no code": (["GovernmentCommunityCloud"], ["validation-code-missing 0"]),
    "Education and GCC": ([K12, GCC], ["education-gcc-exclusive 0", "education-gcc-exclusive 1"]),
    "GCC and Education": ([GCC, K12], ["education-gcc-exclusive 0", "education-gcc-exclusive 1"]),
    "Education and SOE": ([K12, "StateOwnedEntity"], []),
    "GCC and SOE": ([GCC, "StateOwnedEntity"], []),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("entries", "expected"), TOGETHER.values(), ids=TOGETHER)
def test_entries_together(entries: list[object], expected: list[str]) -> None:
    """What entries say together, and what can't be set, is told at the entries."""
    found = problems(manifest(entries))
    assert sorted(f"{each.rule} {each.path[2]}" for each in found) == sorted(expected)


def test_severities() -> None:
    """What the service would never do is an error; what it may not do is a warning."""
    severities = {
        each.rule: each.severity
        for entries, _ in TOGETHER.values()
        for each in problems(manifest(entries))
    }
    errors = {"none-with-others", "duplicate-qualification"}
    assert {rule for rule, severity in severities.items() if severity is Severity.ERROR} == errors
    assert {severities[rule] for rule in severities.keys() - errors} == {Severity.WARNING}


def test_entries_of_a_wrong_manifest() -> None:
    """Entries are checked together although something else is wrong."""
    assert told(manifest(["None", "StateOwnedEntity"], domain=1)) == [
        ("invalid-value", "spec.domain"),
        ("none-with-others", "spec.qualifications.0"),
    ]


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
    reviewed = review(data)
    assert (reviewed.manifest, list(reviewed.problems)) == (None, [])


def test_twins_are_known_in_wrong_manifests() -> None:
    """Name and customer are told of a wrong manifest as well, for finding its twins."""
    reviewed = review(manifest(domain=1, customerId=CUSTOMER.upper()))
    assert (reviewed.name, reviewed.customer_id) == ("contoso", CUSTOMER)
    reviewed = review(manifest(customerId="x") | {"metadata": []})
    assert (reviewed.name, reviewed.customer_id) == (None, None)


VALIDATOR: Final = jsonschema.Draft202012Validator(manifest_schema())


@pytest.mark.parametrize("data", LAWFUL.values(), ids=LAWFUL)
def test_schema_allows(data: object) -> None:
    """The JSON Schema allows what is lawful, both forms of an entry among it."""
    VALIDATOR.validate(data)


@pytest.mark.parametrize("case", sorted(INVALID_ENTRIES.keys() - {"website with a line break"}))
def test_schema_refuses(case: str) -> None:
    """The JSON Schema refuses wrong entries, in an editor already (Python's `$` lets one by)."""
    _, entry = INVALID_ENTRIES[case]
    assert not VALIDATOR.is_valid(manifest([entry]))


def test_schema_is_made_for_editors() -> None:
    """The schema is lawful, names the rules that can be accepted, and describes every key."""
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["Spec"]["properties"]["accept"]["items"]["enum"] == sorted(PLAN_RULES)
    described = [
        (name, key)
        for name, model in schema["$defs"].items()
        for key, about in model.get("properties", {}).items()
        if key != "qualification" and "description" not in about
    ]
    assert described == []
    assert '"null"' not in json.dumps(schema)
