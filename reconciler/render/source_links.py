"""Where a line of the reviewed commit stands on the web, as a pipeline's environment tells it.

GitHub, Azure and GitLab tell their address, repository and commit; nothing is guessed elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE: Final = re.compile(r"https?://[\w.:-]+(?:/[\w.%~+-]+)*")
"""An address without user, query or fragment: it is written into a page as it is."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")
_USER: Final = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class SourceLinks:
    """`{path}` and `{line}` in the template stand for a percent-encoded path and a number."""

    template: str

    def address(self, path: str, line: int) -> str:
        return self.template.replace("{line}", str(line)).replace("{path}", path)


def find_source_links(environment: Mapping[str, str], head: str = "") -> SourceLinks | None:
    """Find how lines are addressed; `head` is the pull request's commit, where that is told."""
    for find in (_github, _gitlab, _azure):
        if (links := find(environment, head)) is not None:
            return links
    return None


_OF_THE_DEFAULT_BRANCH: Final = frozenset({"issue_comment", "pull_request_target", "workflow_run"})
"""Events whose GITHUB_SHA is not what was checked out for the pull request."""


def _github(environment: Mapping[str, str], head: str) -> SourceLinks | None:
    """`GITHUB_SHA` is a merge that no branch has, so the head is better ("Variables reference")."""
    if not head and environment.get("GITHUB_EVENT_NAME") in _OF_THE_DEFAULT_BRANCH:
        return None
    server, repository = (
        environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY")
    )
    commit = head or environment.get("GITHUB_SHA", "")
    return _links(f"{server}/{repository}", commit, "/blob/{commit}/{path}#L{line}")


def _gitlab(environment: Mapping[str, str], head: str) -> SourceLinks | None:
    """A merged-results pipeline builds a merge; its request's head has a name of its own."""
    head = head or environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    commit = head or environment.get("CI_COMMIT_SHA", "")
    project = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_URL") or environment.get(
        "CI_PROJECT_URL", ""
    )
    return _links(project, commit, "/-/blob/{commit}/{path}#L{line}")


def _azure(environment: Mapping[str, str], head: str) -> SourceLinks | None:
    """Azure builds repositories of others, too, whose pages it doesn't know."""
    address = _USER.sub("", environment.get("BUILD_REPOSITORY_URI", "")).removesuffix(".git")
    head = head or environment.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", "")
    commit = head or environment.get("BUILD_SOURCEVERSION", "")
    match environment.get("BUILD_REPOSITORY_PROVIDER"):
        case "TfsGit":
            place = "&line={line}&lineEnd={line}&lineStartColumn=1&lineEndColumn=200"
            return _links(address, commit, "?path=/{path}&version=GC{commit}" + place)
        case "GitHub":
            return _links(address, commit, "/blob/{commit}/{path}#L{line}")
        case _:
            return None


def _links(address: str, commit: str, rest: str) -> SourceLinks | None:
    if not _SAFE.fullmatch(address) or not _COMMIT.fullmatch(commit):
        return None
    return SourceLinks(address + rest.replace("{commit}", commit))
