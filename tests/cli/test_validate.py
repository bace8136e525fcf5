"""`validate`: hostile and broken manifests, every format, and what is no manifest at all."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pytest

from tests.cli.project import Ended, Project, manifest, settings
from tests.hostile.manifests import BROKEN, CRASHING, FILES
from tests.manifest_samples import CUSTOMER, HEAD, VALID

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 2.0
FORMATS: Final = ("text", "json", "sarif", "github", "azure", "junit")
OTHER: Final = "24876998-c0dc-46e6-9d0c-65a57a6c32ec"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def validate(project: Project, *arguments: str) -> dict[str, Any]:
    """Validate with JSON, and check what every such document promises."""
    ended = project.run("validate", "--format", "json", *arguments)
    document = ended.document
    assert (document["formatVersion"], document["kind"]) == ("1.0", "Validation")
    severities = [each["severity"] for each in document["diagnostics"]]
    summary = document["summary"]
    assert summary["errors"] == severities.count("error")
    assert summary["warnings"] == severities.count("warning")
    assert ended.code == (1 if summary["errors"] else 0)
    for each in document["diagnostics"]:
        assert each["rule"]
        assert each["message"]
        assert each["remedy"]
        source = each["source"]
        assert source["file"]
        assert (source["line"] >= 1, source["column"] >= 1) == (True, True)
    return document


def rules(document: dict[str, Any]) -> list[str]:
    return [each["rule"] for each in document["diagnostics"]]


def spent() -> float:
    """Tell the seconds that the programs run from here have worked; waiting doesn't count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("name", CRASHING)
def test_crashing(project: Project, name: str) -> None:
    """What crashes or stalls other readers is refused with a place, within two seconds."""
    data, rule = CRASHING[name]
    (project.folder / "a.yaml").write_bytes(data)
    before = spent()
    document = validate(project)
    assert spent() - before < SECONDS
    assert rule in rules(document)
    assert not (project.folder / "planted").exists()


def test_broken(project: Project) -> None:
    """Every problem of every broken file is told in one run, by its rule."""
    for number, (data, _) in enumerate(BROKEN.values()):
        (project.folder / f"{number:02}.yaml").write_bytes(data)
    document = validate(project)
    told = {(each["source"]["file"], each["rule"]) for each in document["diagnostics"]}
    wanted = {(f"{number:02}.yaml", rule) for number, (_, rule) in enumerate(BROKEN.values())}
    assert wanted <= told


def test_no_ordinary_files(project: Project) -> None:
    """Pipes, devices and links that lead out are refused, and neither waited for nor read."""
    for number, (make, _) in enumerate(FILES.values()):
        make(project.folder / f"{number:02}.yaml")
    told = {(each["source"]["file"], each["rule"]) for each in validate(project)["diagnostics"]}
    assert {(f"{n:02}.yaml", rule) for n, (_, rule) in enumerate(FILES.values())} <= told


@pytest.mark.parametrize("format_", FORMATS)
def test_formats_stay_whole(project: Project, format_: str) -> None:
    """Whatever the files hold, each format can be read by what reads it."""
    for number, (data, _) in enumerate(BROKEN.values()):
        (project.folder / f"{number:02}.yaml").write_bytes(data)
    (project.folder / "name.yaml").write_text(HEAD + "  '##vso[x] ::error::\u202e<b>|': 1\n")
    ended = project.run("validate", "--format", format_)
    assert ended.code == 1
    assert ended.err.endswith("Exit code 1: a manifest is invalid\n")
    assert ended.err.count("\n") == 1
    check_whole(format_, ended.out)


def check_whole(format_: str, text: str) -> None:
    match format_:
        case "json":
            assert json.loads(text)["kind"] == "Validation"
        case "sarif":
            assert json.loads(text)["version"] == "2.1.0"
        case "junit":
            assert ET.fromstring(text).tag == "testsuites"  # noqa: S314 - our own output
        case "github":
            plain = [line for line in text.splitlines() if not line.startswith("::")]
            assert len(plain) <= 2
            assert "::" not in "".join(plain)
        case "azure":
            assert all(line.startswith("##vso[task.") for line in text.splitlines()[:-1])
        case _:
            assert "\u202e" not in text


NOTHING: Final = {
    "empty": "",
    "comment": "# nothing here\n",
    "empty-documents": "---\n---\n# nothing\n",
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_in_the_file(project: Project, name: str) -> None:
    """Empty documents are skipped; where no manifest is left, the exit code is 1."""
    project.write("customers/a.yaml", NOTHING[name])
    ended = project.run("validate", "customers")
    assert (ended.code, ended.out) == (1, "")
    assert "no manifest found in customers" in ended.err
    assert rules(validate(project, "customers")) == ["unknown-kind"]


@pytest.mark.parametrize("format_", FORMATS[1:])
def test_nothing_there(project: Project, format_: str) -> None:
    """A PATH that doesn't exist is exit code 1; a document is written for what reads on."""
    ended = project.run("validate", "nowhere", "--format", format_)
    assert ended.code == 1
    assert "nowhere does not exist" in ended.err
    assert "nowhere does not exist" in ended.out
    check_whole(format_, ended.out)


def test_empty_documents_beside_a_manifest(project: Project) -> None:
    """Empty documents between manifests are no problem."""
    project.write("a.yaml", f"---\n---\n{VALID}---\n# nothing\n---\n")
    assert validate(project)["summary"] == {"documents": 1, "errors": 0, "warnings": 0}


def test_needs_no_configuration(project: Project) -> None:
    """Without a configuration, the manifests below the working folder are checked."""
    project.write("deep/down/a.yml", VALID)
    project.write("deep/.hidden/b.yaml", "broken: [")
    project.write("deep/.hidden.yaml", "broken: [")
    project.write("deep/notes.txt", "broken: [")
    assert validate(project)["summary"] == {"documents": 1, "errors": 0, "warnings": 0}


def test_needs_no_service(project: Project) -> None:
    """Checks are offline: what the environment says of the service plays no part."""
    project.write("reconciler.yaml", settings())
    project.write("customers/a.yaml", VALID)
    project.environ["PARTNER_CENTER_ENDPOINT"] = "no address"
    assert validate(project)["summary"]["errors"] == 0


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9"])
def test_configuration_and_seed_are_no_manifests(project: Project, endpoint: str) -> None:
    """The configuration and the emulator's seed are never manifests, in whatever folder."""
    project.write("settings/ours.yaml", settings().replace("customers/", "..").replace("live", "s"))
    project.write("settings/s.yaml", "customers: []\n")
    project.write("a.yaml", VALID)
    project.environ["PARTNER_CENTER_ENDPOINT"] = endpoint
    config = ("--config", "settings/ours.yaml")
    assert validate(project, *config)["summary"] == {"documents": 1, "errors": 0, "warnings": 0}
    planned = project.run("plan", *config)
    assert "unknown-kind" not in planned.err


def test_seed_beside_manifests(project: Project) -> None:
    """With the usual name of the configuration, both are told apart without being named."""
    project.write("reconciler.yaml", settings().replace("customers/", "."))
    project.seed([])
    project.write("a.yaml", VALID)
    assert validate(project)["summary"]["documents"] == 1
    assert validate(project, ".")["summary"]["documents"] == 1


def test_broken_configuration(project: Project) -> None:
    """A configuration that is there and broken is told with its places."""
    project.write("reconciler.yaml", settings(polcy="{}", policy="{maxCreates: many}"))
    project.write("customers/a.yaml", VALID)
    document = validate(project)
    places = {each["rule"]: each["source"] for each in document["diagnostics"]}
    assert places == {
        "unknown-key": {"file": "reconciler.yaml", "line": 5, "column": 1},
        "invalid-value": {"file": "reconciler.yaml", "line": 6, "column": 22},
    }
    text = project.run("validate")
    assert (text.code, text.out) == (1, "")
    assert "did you mean policy?" in text.err
    assert text.err.count("polcy") == 1


WARNINGS: Final = {
    "none-not-settable": ["None"],
    "nonprofit-not-settable": ["Nonprofit"],
    "education-segment-missing": ["Education"],
    "validation-code-missing": ["GovernmentCommunityCloud"],
}


@pytest.mark.parametrize("rule", WARNINGS)
def test_warnings(project: Project, rule: str) -> None:
    """A warning doesn't fail: exit code 0."""
    project.write("a.yaml", manifest("contoso", CUSTOMER, WARNINGS[rule]))
    document = validate(project)
    assert rules(document) == [rule]
    assert document["summary"] == {"documents": 1, "errors": 0, "warnings": 1}


def test_exclusive_pair(project: Project) -> None:
    """Education with GCC is warned of at each of the two."""
    both = [
        {"qualification": "Education", "educationSegment": "K12"},
        {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"env": "A"}},
    ]
    project.write("a.yaml", manifest("contoso", CUSTOMER, both))
    assert rules(validate(project)) == ["education-gcc-exclusive"] * 2


def test_twins_over_files(project: Project) -> None:
    """Names and customers are unique over all files, ids in any case."""
    project.write("a.yaml", VALID)
    project.write("b.yaml", VALID.replace(CUSTOMER, OTHER))
    project.write(
        "c.yaml", VALID.replace("contoso", "fabrikam").replace(CUSTOMER, CUSTOMER.upper())
    )
    told = [(each["source"]["file"], each["rule"]) for each in validate(project)["diagnostics"]]
    assert told == [("b.yaml", "duplicate-name"), ("c.yaml", "duplicate-customer")]


def test_did_you_mean(project: Project) -> None:
    """A misspelt key or value is told with the one that is meant."""
    text = HEAD + "  qualification: []\n  qualifications: [Educaton]\n  accept: [vetting-deny]\n"
    project.write("a.yaml", text)
    remedies = {each["remedy"] for each in validate(project)["diagnostics"]}
    wanted = ("qualifications", "Education", "vetting-denied")
    assert remedies == {f"did you mean {each}?" for each in wanted}


def test_secrets_folder(project: Project) -> None:
    """A code's file may be in secretsFolder, and nowhere else outside; links are followed."""
    entry = {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"file": "code"}}
    project.write("customers/a.yaml", manifest("contoso", CUSTOMER, [entry]))
    project.write("secrets/code", "planted")
    (project.folder / "customers/code").symlink_to("../secrets/code")
    project.write("reconciler.yaml", settings())
    assert rules(validate(project)) == ["outside-folder"]
    project.write("reconciler.yaml", settings(secretsFolder="secrets"))
    assert rules(validate(project)) == []


def run_with_seed(project: Project, hash_seed: str, *paths: str) -> Ended:
    return Project(project.folder, {"PYTHONHASHSEED": hash_seed}).run("validate", *paths)


def test_the_same_every_time(project: Project) -> None:
    """The same files give the same bytes, in whatever order they are named."""
    for number, (data, _) in enumerate(BROKEN.values()):
        (project.folder / f"{number:02}.yaml").write_bytes(data)
    names = sorted(path.name for path in project.folder.iterdir())
    one, other = run_with_seed(project, "1", *names), run_with_seed(project, "2", *names[::-1])
    assert one == other
