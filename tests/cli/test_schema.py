"""`schema`: editors and other tools are told what the program takes and gives, and nothing else."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types
from ruamel.yaml import YAML

from reconciler.scaffold import CONFIGURATION, EXAMPLES, read_texts
from tests.cli.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
EVERY_OUTCOME: Final = ROOT / "examples/every-outcome"


@cache
def validator(kind: str) -> Draft202012Validator:
    ended = Project(ROOT).run("schema", kind)
    assert (ended.code, ended.err) == (0, "")
    schema = ended.document
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    return Draft202012Validator(schema)


def documents(text: str) -> Iterator[Any]:
    """Read YAML as it is meant here: a date is text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))
    return (document for document in yaml.load_all(text) if document is not None)


def example_manifests() -> Iterator[tuple[str, Any]]:
    texts: dict[str, str] = {
        place: text
        for place, text in read_texts(EXAMPLES).items()
        if place.startswith("customers/")
    }
    for path in sorted(ROOT.glob("examples/*/customers/**/*.yaml")):
        texts[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    for place, text in texts.items():
        for document in documents(text):
            yield f"{place}: {document['metadata']['name']}", document


def example_configurations() -> Iterator[tuple[str, Any]]:
    texts = read_texts(CONFIGURATION)
    for path in sorted(ROOT.glob("examples/*/reconciler.yaml")):
        texts[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    for place, text in texts.items():
        for document in documents(text):
            yield place, document


def real_documents(folder: Path) -> dict[str, Any]:
    """Plan the tour's examples, apply what can be, and plan again."""
    project = Project(folder)
    for path in (path for path in EVERY_OUTCOME.rglob("*") if path.is_file()):
        project.write(path.relative_to(EVERY_OUTCOME).as_posix(), path.read_text(encoding="utf-8"))
    plan = project.run("plan", "--format", "json").document
    report = project.run("apply", "--auto-approve", "--format", "json").document
    assert plan["steps"]
    assert plan["findings"]
    assert report["results"]
    return {"plan": plan, "report": report}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return real_documents(tmp_path_factory.mktemp("quickstart"))


MANIFESTS: Final = list(example_manifests())
CONFIGURATIONS: Final = list(example_configurations())


@pytest.mark.parametrize("document", [each for _, each in MANIFESTS], ids=[n for n, _ in MANIFESTS])
def test_every_example_manifest_fits(document: Any) -> None:
    """What the examples show, editors find right."""
    assert list(validator("manifest").iter_errors(document)) == []


@pytest.mark.parametrize(
    "document", [each for _, each in CONFIGURATIONS], ids=[n for n, _ in CONFIGURATIONS]
)
def test_every_example_configuration_fits(document: Any) -> None:
    """What the examples show, editors find right."""
    assert list(validator("config").iter_errors(document)) == []


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_real_documents_fit(real: Mapping[str, Any], kind: str) -> None:
    """What the program writes is what it says that it writes."""
    assert list(validator(kind).iter_errors(real[kind])) == []


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_no_property_of_a_real_document_is_a_stranger(real: Mapping[str, Any], kind: str) -> None:
    """The schema names every property that the program writes, all the way down."""
    closed = _closed(validator(kind).schema)
    assert list(Draft202012Validator(closed).iter_errors(real[kind])) == []


def _closed(schema: Any) -> Any:
    """Let no mapping have a property that is not named."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **closed} if "properties" in schema else closed


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_readers_take_properties_of_a_newer_version(real: Mapping[str, Any], kind: str) -> None:
    """A property that this version does not know is no mistake in a plan or a report."""
    newer = {**real[kind], "addedLater": {"any": "thing"}}
    assert list(validator(kind).iter_errors(newer)) == []


def mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from mappings(value)


def misspellings(document: Any) -> Iterator[tuple[str, Any]]:
    """Give the document with one key misspelt, for each of its keys."""
    for index, mapping in enumerate(mappings(document)):
        for key in mapping:
            misspelt = copy.deepcopy(document)
            changed = list(mappings(misspelt))[index]
            changed[key[:-1]] = changed.pop(key)
            yield key, misspelt


FULL_MANIFEST: Final[dict[str, Any]] = {
    "apiVersion": "reconciler/v1",
    "kind": "CustomerQualifications",
    "metadata": {"name": "contoso"},
    "spec": {
        "customerId": "14876998-c0dc-46e6-9d0c-65a57a6c32ec",
        "domain": "contoso.onmicrosoft.com",
        "accept": ["vetting-denied"],
        "qualifications": [
            {
                "qualification": "Education",
                "educationSegment": "K12",
                "website": "contoso.edu",
                "resubmitDenialOf": "2026-01-02T03:04:05Z",
            },
            {
                "qualification": "GovernmentCommunityCloud",
                "validationCodeFrom": {"env": "CONTOSO_CODE"},
            },
            {"qualification": "StateOwnedEntity"},
        ],
    },
}


def test_a_full_manifest_fits() -> None:
    """Every key at once, so that the next claim is about valid ones."""
    assert list(validator("manifest").iter_errors(FULL_MANIFEST)) == []


@pytest.mark.parametrize("document", [each for _, each in misspellings(FULL_MANIFEST)])
def test_a_misspelt_key_of_a_manifest_does_not_fit(document: Any) -> None:
    """A key that is nearly right is marked while it is typed."""
    assert list(validator("manifest").iter_errors(document))


@pytest.mark.parametrize(
    "document", [each for _, one in CONFIGURATIONS for _, each in misspellings(one)]
)
def test_a_misspelt_key_of_a_configuration_does_not_fit(document: Any) -> None:
    """The same for the configuration: a misspelt limit would be no limit."""
    assert list(validator("config").iter_errors(document))


@pytest.mark.parametrize(
    "document",
    [
        FULL_MANIFEST | {"kind": "Customer"},
        FULL_MANIFEST | {"apiVersion": "reconciler/v2"},
        FULL_MANIFEST | {"metadata": {"name": "Contoso"}},
        FULL_MANIFEST | {"metadata": {}},
    ],
)
def test_a_wrong_value_does_not_fit(document: Any) -> None:
    """Kinds, versions and names are held to what the program takes."""
    assert list(validator("manifest").iter_errors(document))


def test_the_manifest_is_the_default() -> None:
    """`schema` alone is for the file that people write most."""
    assert Project(ROOT).run("schema").document == validator("manifest").schema


def test_another_kind_is_a_usage_error() -> None:
    """The four that there are get named."""
    ended = Project(ROOT).run("schema", "status")
    assert ended.code == 64
    assert "'manifest', 'config', 'plan', 'report'" in ended.err


def test_nothing_of_a_required_part_may_be_missing(real: Mapping[str, Any]) -> None:
    """A plan without its digest, or a report without its results, does not fit."""
    for kind, key in (("plan", "digest"), ("plan", "steps"), ("report", "results")):
        document = {name: value for name, value in real[kind].items() if name != key}
        assert list(validator(kind).iter_errors(document)), json.dumps(key)
