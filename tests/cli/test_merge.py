"""`merge`: the plans of shards, made by as many processes, are one plan that can be applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.project import Ended, Project, settings
from tests.cli.shop import open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.shop import Shop

FILES: Final = ("plan-1.json", "plan-2.json", "plan-3.json")
FORMATS: Final = ("text", "json", "markdown", "html", "sarif", "github", "azure", "junit")


def plan_in_shards(project: Project) -> None:
    for index, file in enumerate(FILES, start=1):
        ended = project.run("plan", "--shard", f"{index}/3", "--out", file)
        assert ended.code in (0, 3), ended.err


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that was planned in three shards and whole, with an app-only sign-in."""
    shop = open_shop(tmp_path_factory.mktemp("shop"))
    shop.project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = "app-only"
    plan_in_shards(shop.project)
    assert shop.run("plan", "--out", "whole.json").code == 3
    return shop


def without_time(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "createdAt"}


def read(shop: Shop, file: str) -> Any:
    return json.loads((shop.project.folder / file).read_text(encoding="utf-8"))


def test_the_merged_plan_is_the_plan_of_one_run(shop: Shop) -> None:
    """All but its time is the same, what an app-only sign-in can't check said once."""
    merged = shop.run("merge", *FILES, "--out", "merged.json")
    assert merged.code == 3
    whole = read(shop, "whole.json")
    assert without_time(read(shop, "merged.json")) == without_time(whole)
    rules = [finding["rule"] for finding in whole["findings"]]
    assert rules.count("not-checked") == 2


@pytest.mark.parametrize("format_", FORMATS)
def test_formats(shop: Shop, format_: str) -> None:
    """It is printed as the plan of one run is, in every format."""
    shop.run("merge", *FILES, "--out", "shown.json")
    merged = shop.run("merge", *reversed(FILES), "--format", format_)
    assert merged.out == shop.run("show", "shown.json", "--format", format_).out
    assert "agency" in merged.out


def test_an_edited_part_is_refused(shop: Shop) -> None:
    """The digest of each part is looked at, and the file is named."""
    edited = read(shop, FILES[0])
    assert edited["steps"]
    edited["steps"] = []
    (shop.project.folder / "edited.json").write_text(json.dumps(edited))
    ended = shop.run("merge", "edited.json", *FILES[1:], "--out", "none.json")
    assert (ended.code, ended.out) == (1, "")
    assert "edited.json is refused: its digest does not match its content" in ended.err
    assert not (shop.project.folder / "none.json").exists()


def test_a_missing_part_is_refused(shop: Shop) -> None:
    """Nothing is printed or saved of a part that could be taken for the whole."""
    ended = shop.run("merge", *FILES[:2], "--out", "none.json")
    assert (ended.code, ended.out) == (1, "")
    assert "shard 3/3 is missing" in ended.err
    assert not (shop.project.folder / "none.json").exists()


def test_a_plan_that_cannot_be_saved_is_printed_all_the_same(shop: Shop) -> None:
    """It ends in 1, as `plan` does."""
    ended = shop.run("merge", *FILES, "--out", "no/such/folder.json")
    assert ended.code == 1
    assert "can't be written" in ended.err
    assert "agency" in ended.out


def end_with(tmp_path: Path, policy: str | None) -> Ended:
    """Merge where the configuration says so, or where there is none."""
    shop = open_shop(tmp_path / "shop")
    plan_in_shards(shop.project)
    if policy is None:
        (shop.project.folder / "reconciler.yaml").unlink()
    else:
        shop.project.write("reconciler.yaml", settings(policy=policy))
    return shop.run("merge", *FILES)


@pytest.mark.parametrize(
    ("policy", "code"), [("{failOn: []}", 0), ("{failOn: [denied]}", 3), (None, 3)]
)
def test_it_ends_as_the_policy_says(tmp_path: Path, policy: str | None, code: int) -> None:
    """As `plan` would; without a configuration, everything that can fail a run does."""
    assert end_with(tmp_path, policy).code == code


def test_a_merged_plan_is_applied(tmp_path: Path) -> None:
    """Its digest is that of the plan which was reviewed, whoever made it."""
    shop = open_shop(tmp_path / "shop")
    plan_in_shards(shop.project)
    digest = shop.plan()["digest"]
    assert shop.run("merge", *FILES, "--out", "merged.json").code == 3
    applied = shop.apply("merged.json", "--expect-digest", digest)
    assert applied.document["summary"]["created"] == 5


def test_a_shards_plan_is_told_for_what_it_is(tmp_path: Path) -> None:
    """Whoever applies a part of the whole reads that it is one, before being asked."""
    shop = open_shop(tmp_path / "shop")
    plan_in_shards(shop.project)
    applied = shop.apply(FILES[0])
    assert "Narrowed to: shard 1/3" in applied.err
    steps = [len(read(shop, file)["steps"]) for file in FILES]
    assert applied.document["summary"]["created"] == steps[0] < sum(steps)
