"""Exit codes: 64 for wrong words, 1 for what could not be done, each with a word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project, settings
from tests.cli.shop import open_shop

if TYPE_CHECKING:
    from pathlib import Path

USAGE: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "no-command": ((), "Usage:"),
    "unknown-command": (("bogus",), "No such command"),
    "misspelt-command": (("pln",), "Did you mean plan?"),
    "unknown-option": (("plan", "--bogus"), "--bogus"),
    "unknown-option-before": (("--bogus", "plan"), "--bogus"),
    "unknown-format": (("plan", "--format", "xml"), "xml"),
    "no-html-of-validate": (("validate", "--format", "html"), "html"),
    "no-markdown-of-validate": (("validate", "--format", "markdown"), "markdown"),
    "no-value": (("plan", "--out"), "requires an argument"),
    "show-what": (("show",), "FILE"),
    "merge-what": (("merge",), "FILE"),
    "explain-what": (("explain",), "name a rule"),
    "explain-no-rule": (("explain", "vetting-denid"), "did you mean vetting-denied?"),
    "two-files": (("apply", "a.json", "b.json"), "b.json"),
    "no-number": (("apply", "--allow-creates", "many"), "many"),
    "negative-number": (("apply", "--allow-creates", "-1"), "-1"),
    "no-port": (("emulator", "serve", "--port", "65536"), "65536"),
    "emulator-what": (("emulator",), "Usage:"),
    "unknown-emulator-command": (("emulator", "bogus"), "bogus"),
    "vet-whom": (("emulator", "vet"), "CUSTOMER"),
    "vet-how": (("emulator", "vet", "a", "Education", "maybe"), "maybe"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return open_shop(tmp_path_factory.mktemp("shop")).project


@pytest.mark.parametrize("case", USAGE)
def test_usage(project: Project, case: str) -> None:
    """Wrong words end in 64: nothing on stdout, and stderr says what was wrong."""
    arguments, told = USAGE[case]
    ended = project.run(*arguments)
    assert (ended.code, ended.out) == (64, "")
    assert told in ended.err


NOT_DONE: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "no-path": (("plan", "nowhere"), "nowhere does not exist"),
    "no-manifest": (("plan", "empty"), "no manifest found in empty"),
    "no-configuration": (("plan", "--config", "none.yaml"), "no configuration"),
    "folder-for-configuration": (("plan", "--config", "empty"), "a folder, not a file"),
    "apply-no-file": (("apply", "none.json"), "none.json can't be read"),
    "show-no-file": (("show", "none.json"), "none.json can't be read"),
    "vet-nobody": (("emulator", "vet", "nobody", "Education", "deny"), "no customer nobody"),
    "vet-nothing": (("emulator", "vet", "utility", "Education", "deny"), "no Education"),
    "serve-no-seed": (("emulator", "serve", "none.yaml"), "none.yaml"),
    "serve-no-faults": (("emulator", "serve", "--faults", "none.yaml"), "none.yaml"),
}


@pytest.mark.parametrize("case", NOT_DONE)
def test_not_done(project: Project, case: str) -> None:
    """What could not be done ends in 1, with the way out on a line of its own."""
    (project.folder / "empty").mkdir(exist_ok=True)
    arguments, told = NOT_DONE[case]
    ended = project.run(*arguments)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert ended.err.startswith("error: ")
    assert "\n    -> " in ended.err


CONFIGURATIONS: Final[dict[str, tuple[str, str, str]]] = {
    "unknown-key": (settings(polcy="{}"), "5:1", "did you mean policy?"),
    "unknown-cloud": (settings().replace("emulator: live.yaml", "cloud: mars"), "4:24", "usgov"),
    "another-host": (
        settings().replace("emulator: live.yaml", "endpoint: https://evil.example"),
        "4:27",
        "PARTNER_CENTER_ENDPOINT",
    ),
    "plain-http": (
        settings().replace("emulator: live.yaml", "endpoint: http://partner.example"),
        "4:27",
        "",
    ),
    "widened": (settings(policy="{permit: [Education, Nonprofit]}"), "5:30", "never widen"),
    "never-fails": (settings(policy="{failOn: [pending]}"), "5:19", "impossible"),
    "too-many-at-once": (settings().replace("live.yaml", "live.yaml, concurrency: 0"), "4:51", ""),
    "not-a-number": (settings(policy="{maxCreates: many}"), "5:22", "whole number"),
    "both": (
        settings().replace("live.yaml", "live.yaml, endpoint: http://127.0.0.1:1"),
        "4:16",
        "",
    ),
    "other-kind": (settings().replace("ReconcilerConfig", "Config"), "2:7", "ReconcilerConfig"),
    "other-version": (settings().replace("reconciler/v1", "reconciler/v2"), "1:13", ""),
    "no-yaml": ("kind: [", "1:", ""),
    "empty": ("", "1:1", ""),
    "alias": ("kind: &a b\n", "1:7", ""),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_configuration(tmp_path: Path, case: str) -> None:
    """What is wrong with the configuration is told with its place, once, and ends in 1."""
    text, place, told = CONFIGURATIONS[case]
    project = Project(tmp_path)
    project.write("reconciler.yaml", text)
    ended = project.run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert f"error: reconciler.yaml:{place}" in ended.err
    assert told in ended.err
    assert ended.err.count(f"reconciler.yaml:{place}") == 1


@pytest.mark.parametrize(
    "address",
    ["no address", "http://partner.example", "https://user:planted@partner.example", "ftp://a"],
)
def test_invalid_endpoint(project: Project, address: str) -> None:
    """An address in the environment is https, or this machine; what it was is not repeated."""
    ended = Project(project.folder, {"PARTNER_CENTER_ENDPOINT": address}).run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "PARTNER_CENTER_ENDPOINT" in ended.err
    assert "planted" not in ended.err


def test_no_sign_in(project: Project) -> None:
    """Without a sign-in method a real service is not asked: exit code 1, and methods are named."""
    home = {"HOME": str(project.folder), "XDG_CACHE_HOME": str(project.folder / "cache")}
    environ = home | {"PARTNER_CENTER_ENDPOINT": "http://127.0.0.1:9"}
    ended = Project(project.folder, environ).run("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "reconciler login" in ended.err


@pytest.mark.parametrize("rule", ["vetting-denied", "syntax", "outcome-unknown"])
def test_explain(project: Project, rule: str) -> None:
    """Explaining a rule is done: exit code 0, on stdout, with the usual flags."""
    ended = project.run("explain", rule, "--no-color")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(rule)
