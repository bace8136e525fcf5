"""Claims about where places can be opened: terminals that open links, and GitHub's event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.cli.places import source_links, terminal_links

if TYPE_CHECKING:
    from pathlib import Path

HEAD: Final = "f" * 40
GITHUB: Final = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "contoso/q",
    "GITHUB_SHA": "0" * 40,
}


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM_PROGRAM": "vscode"},
        {"TERM": "xterm-kitty"},
        {"WT_SESSION": "x"},
        {"VTE_VERSION": "7600"},
        {"TERM": "dumb", "FORCE_HYPERLINK": "1"},
    ],
)
def test_terminals_that_open_links(environment: dict[str, str], tmp_path: Path) -> None:
    """The folder is addressed, its name percent-encoded."""
    folder = tmp_path / "a b"
    folder.mkdir()
    address = terminal_links(folder, environment)
    assert address.startswith("file://")
    assert address.endswith("/a%20b")


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TERM": "dumb"},
        {"TERM": "xterm-256color"},
        {"VTE_VERSION": "5000"},
        {"VTE_VERSION": "new"},
        {"WT_SESSION": "x", "FORCE_HYPERLINK": "0"},
    ],
)
def test_other_terminals(environment: dict[str, str], tmp_path: Path) -> None:
    """A terminal that is not known to open links gets none."""
    assert terminal_links(tmp_path, environment) == ""


def test_head_of_the_pull_request(tmp_path: Path) -> None:
    """GitHub tells the head in the event's file only, and it goes before the merge."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": HEAD}}}), encoding="utf-8")
    links = source_links(GITHUB | {"GITHUB_EVENT_PATH": str(event)})
    assert links is not None
    assert f"/blob/{HEAD}/" in links.address("a", 1)


def test_the_head_that_a_pipeline_hands_in(tmp_path: Path) -> None:
    """It goes before the event's: a comment on the pull request tells of none."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"issue": {"number": 7}}), encoding="utf-8")
    commented = {"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": str(event)}
    assert source_links(GITHUB | commented) is None
    links = source_links(GITHUB | commented | {"RECONCILER_HEAD": HEAD})
    assert links is not None
    assert f"/blob/{HEAD}/" in links.address("a", 1)


@pytest.mark.parametrize("content", ["{}", "[", '{"pull_request": null}'])
def test_another_event(content: str, tmp_path: Path) -> None:
    """Without a pull request the commit is the one that is built."""
    event = tmp_path / "event.json"
    event.write_text(content, encoding="utf-8")
    links = source_links(GITHUB | {"GITHUB_EVENT_PATH": str(event)})
    assert links is not None
    assert f"/blob/{'0' * 40}/" in links.address("a", 1)
