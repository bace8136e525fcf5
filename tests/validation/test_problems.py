"""What is told of a manifest that is wrong: one problem for one mistake, with the way out."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from reconciler.manifests.value_types import RESERVED_ENV
from tests.manifest_cases import GCC, INVALID_ENTRIES, K12, problems, rules_and_paths
from tests.manifest_samples import CUSTOMER, manifest

ENTRY: Final = ("spec", "qualifications", 0)


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
    "in an acceptance": (
        manifest(accept=[{"rule": "not-checked", "untill": "2027-03-31"}]),
        ("spec", "accept", 0, "untill"),
    ),
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
    "long key of a label": (
        f"metadata.labels.{'a' * 254}",
        {"name": "a", "labels": {"a" * 254: "b"}},
    ),
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
    "stranger in an acceptance": ("spec.accept.0.rule", {"accept": [{"rule": "everything"}]}),
    **{
        f"{until} for a day": (
            "spec.accept.0.until",
            {"accept": [{"rule": "not-checked", "until": until}]},
        )
        for until in ("2027-02-30", "20270331", "2027-03-31T00:00:00", "soon", 2027, None)
    },
    "two lines of reason": (
        "spec.accept.0.reason",
        {"accept": [{"rule": "not-checked", "reason": "a\nb"}]},
    ),
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
    assert rules_and_paths(data) == [("invalid-value", path)]


@pytest.mark.parametrize(("path", "entry"), INVALID_ENTRIES.values(), ids=INVALID_ENTRIES)
def test_invalid_entry(path: str, entry: object) -> None:
    """A wrong value within an entry is told once, without any noise of the other entries."""
    assert rules_and_paths(manifest([entry])) == [("invalid-value", f"spec.qualifications.0{path}")]


def test_reserved_prefixes() -> None:
    """They are the contract's: what signs in to this service, to CI, to clouds and to tools."""
    assert set(RESERVED_ENV) == {
        *("AZURE_", "PARTNER_CENTER_", "GITHUB_", "ACTIONS_", "RECONCILER_", "GH_", "GITLAB_"),
        *("CI_", "SYSTEM_", "AWS_", "GOOGLE_", "NPM_", "PIP_", "DOCKER_", "SSH_", "VAULT_", "GIT_"),
    }


@pytest.mark.parametrize("prefix", RESERVED_ENV)
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
def test_reserved_variables(prefix: str, spell: Any) -> None:
    """What signs in can't be sent as a code, however the variable's name is spelt."""
    entry = GCC | {"validationCodeFrom": {"env": spell(f"{prefix}SECRET")}}
    (problem,) = problems(manifest([entry]))
    assert problem.rule == "invalid-value"
    assert problem.message.endswith(f"is a name that begins with {prefix}")


MEANT: Final = {
    "key that is needed": (
        manifest([{"qualification": "Education", "educationsegment": "K12"}]),
        "educationSegment",
    ),
    "key": (manifest(accpet=[]), "accept"),
    "key in another case": (
        without(manifest(customerid=CUSTOMER), "spec", "customerId"),
        "customerId",
    ),
    "key of an entry": (manifest([K12 | {"webSite": "a.edu"}]), "website"),
    "name": (manifest([K12 | {"qualification": "Educaton"}]), "Education"),
    "name in another case": (manifest(["stateownedentity"]), "StateOwnedEntity"),
    "initials": (manifest([GCC | {"qualification": "GCC"}]), "GovernmentCommunityCloud"),
    "segment": (manifest([K12 | {"educationSegment": "k12"}]), "K12"),
    "rule": (manifest(accept=["vetting-deny"]), "vetting-denied"),
    "kind": (manifest() | {"kind": "CustomerQualification"}, "CustomerQualifications"),
}


@pytest.mark.parametrize(("data", "meant"), MEANT.values(), ids=MEANT)
def test_did_you_mean(data: object, meant: str) -> None:
    """A misspelt word is told once, with the word that was meant."""
    assert [each.remedy for each in problems(data)] == [f"did you mean {meant}?"]


def test_entries_with_a_misspelt_name_are_checked() -> None:
    """What else is wrong in an entry whose name is misspelt is told in the same run."""
    data = manifest([{"qualification": "Educaton", "educationSegment": "k12", "webste": "a"}])
    assert rules_and_paths(data) == [
        ("invalid-value", "spec.qualifications.0.qualification"),
        ("invalid-value", "spec.qualifications.0.educationSegment"),
        ("unknown-key", "spec.qualifications.0.webste"),
    ]


def test_what_an_entry_lacks_is_told_beside_other_mistakes() -> None:
    """A mistake elsewhere hides no warning; within the entry, what it seems to lack may be it."""
    lacking = {"qualification": "Education"}
    assert rules_and_paths(manifest([lacking], domain=1)) == [
        ("invalid-value", "spec.domain"),
        ("education-segment-missing", "spec.qualifications.0"),
    ]
    assert rules_and_paths(manifest([lacking | {"segment": "K12"}, "Education"])) == [
        ("unknown-key", "spec.qualifications.0.segment"),
        ("duplicate-qualification", "spec.qualifications.1"),
    ]


def test_quote_it() -> None:
    """A number where text is due is refused with the way out."""
    (problem,) = problems(manifest(domain=12345))
    assert problem.message == "spec.domain is a number, not a domain name"
    assert problem.remedy.startswith("quote it")


def test_most() -> None:
    """Of one manifest no more than a thousand mistakes of its shape are told."""
    assert len(problems(manifest(accept=[1] * 2000))) == 1000
