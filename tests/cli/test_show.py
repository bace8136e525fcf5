"""`show`: a saved plan or report in any format, without any service or configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project
from tests.cli.shop import open_shop

if TYPE_CHECKING:
    from tests.cli.shop import Shop

FORMATS: Final = ("text", "json", "markdown", "html", "sarif", "github", "azure", "junit")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that was planned and applied; plan.json and report.json are kept."""
    shop = open_shop(tmp_path_factory.mktemp("shop"))
    shop.plan()
    assert shop.apply("plan.json", "--report", "report.json").code == 3
    return shop


def alone(shop: Shop) -> Project:
    """Show from a folder with nothing but the files: neither configuration nor manifests."""
    folder = shop.project.folder / "alone"
    folder.mkdir(exist_ok=True)
    return Project(folder)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("file", ["plan.json", "report.json"])
def test_formats(shop: Shop, format_: str, file: str) -> None:
    """Each document is printed in each format, with exit code 0 whatever it says."""
    ended = alone(shop).run("show", f"../{file}", "--format", format_)
    assert ended.code == 0
    # A text says itself how it ended.
    assert ended.err.startswith(("Plan: ", "Apply: ")) is (format_ != "text")
    assert ended.err.count("\n") == int(format_ != "text")
    assert "agency" in ended.out
    if format_ == "json":
        saved = (shop.project.folder / file).read_text(encoding="utf-8")
        assert json.loads(ended.out) == json.loads(saved)


def test_as_planned(shop: Shop) -> None:
    """A saved plan is shown just as it was printed when it was made."""
    other = open_shop(shop.project.folder / "other")
    printed = other.run("plan", "--out", "plan.json")
    assert other.run("show", "plan.json").out == printed.out


def test_broken_configuration_is_no_hindrance(shop: Shop) -> None:
    """What is shown was decided already: the configuration of today plays no part."""
    project = alone(shop)
    project.write("reconciler.yaml", "broken: [")
    assert project.run("show", "../plan.json").code == 0


def test_unknown_properties(shop: Shop) -> None:
    """Properties that a later minor version adds are ignored."""
    report = json.loads((shop.project.folder / "report.json").read_text(encoding="utf-8"))
    report["formatVersion"] = "1.7"
    report["weather"] = report["results"][0]["mood"] = "fine"
    shop.project.write("later.json", json.dumps(report))
    assert shop.run("show", "later.json").code == 0


def test_report_of_another_major_version(shop: Shop) -> None:
    """A report of another major version is refused by its name."""
    report = json.loads((shop.project.folder / "report.json").read_text(encoding="utf-8"))
    shop.project.write("later.json", json.dumps(report | {"formatVersion": "2.0"}))
    ended = shop.run("show", "later.json")
    assert (ended.code, ended.out) == (1, "")
    assert "formatVersion is 2.0" in ended.err


def test_report_is_not_applied(shop: Shop) -> None:
    """A report can be shown, not applied."""
    ended = shop.apply("report.json")
    assert (ended.code, ended.out) == (1, "")
    assert "report.json is refused" in ended.err
