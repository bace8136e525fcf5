"""What a manifest says across its keys: its kind, its entries together, codes in the open."""

from __future__ import annotations

from typing import Any, Final

import pytest

from reconciler.manifests.validation import validate_document
from reconciler.model.findings import Severity
from tests.manifest_cases import GCC, K12, problems, rules_and_paths
from tests.manifest_samples import manifest

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
    validated = validate_document(data)
    assert rules_and_paths(data) == [("unknown-kind", path)]
    assert (validated.manifest, validated.name, validated.customer_id) == (None, None, None)


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


def test_a_code_is_told_once() -> None:
    """The key of a code is no unknown key besides, and other unknown keys are still told."""
    data = manifest([GCC | {"validationCode": "123456", "segment": "K12"}])
    assert rules_and_paths(data) == [
        ("inline-secret", "spec.qualifications.0.validationCode"),
        ("unknown-key", "spec.qualifications.0.segment"),
    ]


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
    assert rules_and_paths(manifest(["None", "StateOwnedEntity"], domain=1)) == [
        ("invalid-value", "spec.domain"),
        ("none-with-others", "spec.qualifications.0"),
    ]
