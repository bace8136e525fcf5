"""Claims about links to the reviewed commit, by the variables that each platform documents."""

from __future__ import annotations

from typing import Final

import pytest

from reconciler.model.findings import Source
from reconciler.render.formats import RenderContext
from reconciler.render.source_links import SourceLinks, find_source_links

SHA: Final = "0123456789abcdef0123456789abcdef01234567"
HEAD: Final = "f" * 40
GITHUB: Final = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "contoso/qualifications",
    "GITHUB_SHA": SHA,
    "GITHUB_EVENT_NAME": "pull_request",
}
GITLAB: Final = {"CI_PROJECT_URL": "https://gitlab.com/contoso/emea/q", "CI_COMMIT_SHA": SHA}
AZURE: Final = {
    "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    "BUILD_REPOSITORY_URI": "https://contoso@dev.azure.com/contoso/My%20Team/_git/q",
    "BUILD_SOURCEVERSION": SHA,
}
AZURE_REPOSITORY: Final = "https://dev.azure.com/contoso/My%20Team/_git/q?path=/a%20b.yaml"
AZURE_PLACE: Final = "&line=9&lineEnd=9&lineStartColumn=1&lineEndColumn=200"


@pytest.mark.parametrize(
    ("environment", "head", "address"),
    [
        (GITHUB, "", f"https://github.com/contoso/qualifications/blob/{SHA}/a%20b.yaml#L9"),
        (GITHUB, HEAD, f"https://github.com/contoso/qualifications/blob/{HEAD}/a%20b.yaml#L9"),
        (
            GITHUB | {"GITHUB_EVENT_NAME": "issue_comment"},
            HEAD,
            f"https://github.com/contoso/qualifications/blob/{HEAD}/a%20b.yaml#L9",
        ),
        (GITLAB, HEAD, f"https://gitlab.com/contoso/emea/q/-/blob/{HEAD}/a%20b.yaml#L9"),
        (AZURE, HEAD, f"{AZURE_REPOSITORY}&version=GC{HEAD}{AZURE_PLACE}"),
        (GITLAB, "", f"https://gitlab.com/contoso/emea/q/-/blob/{SHA}/a%20b.yaml#L9"),
        (
            GITLAB
            | {
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
                "CI_MERGE_REQUEST_SOURCE_PROJECT_URL": "https://gitlab.com/fork/q",
            },
            "",
            f"https://gitlab.com/fork/q/-/blob/{HEAD}/a%20b.yaml#L9",
        ),
        (AZURE, "", f"{AZURE_REPOSITORY}&version=GC{SHA}{AZURE_PLACE}"),
        (
            AZURE | {"SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD},
            "",
            f"{AZURE_REPOSITORY}&version=GC{HEAD}{AZURE_PLACE}",
        ),
        (
            AZURE
            | {
                "BUILD_REPOSITORY_PROVIDER": "GitHub",
                "BUILD_REPOSITORY_URI": "https://github.com/contoso/q.git",
            },
            "",
            f"https://github.com/contoso/q/blob/{SHA}/a%20b.yaml#L9",
        ),
    ],
)
def test_address(environment: dict[str, str], head: str, address: str) -> None:
    """A place is addressed as its platform does, in the request's own commit where it is told."""
    links = find_source_links(environment, head)
    assert links is not None
    assert links.address("a%20b.yaml", 9) == address


@pytest.mark.parametrize(
    "environment",
    [
        {},
        GITHUB | {"GITHUB_SHA": "main"},
        GITHUB | {"GITHUB_SERVER_URL": "javascript:alert(1)//"},
        GITHUB | {"GITHUB_REPOSITORY": "a/b?x=<script>"},
        GITHUB | {"GITHUB_EVENT_NAME": "issue_comment"},
        GITLAB | {"CI_PROJECT_URL": "https://gitlab.com/q)[x](y"},
        AZURE | {"BUILD_REPOSITORY_PROVIDER": "Bitbucket"},
        {"GITHUB_SHA": SHA},
    ],
)
def test_nothing_is_invented(environment: dict[str, str]) -> None:
    """Where the environment doesn't tell address and commit, or tells no plain ones, is no link."""
    assert find_source_links(environment) is None


@pytest.mark.parametrize(
    ("file", "address"),
    [
        ("customers/a.yaml", "https://x/infra/customers/a.yaml#9"),
        ("../customers/a)b.yaml", "https://x/customers/a%29b.yaml#9"),
        ("../../elsewhere.yaml", ""),
        ("/srv/elsewhere.yaml", ""),
    ],
)
def test_paths_lead_from_the_git_root(file: str, address: str) -> None:
    """What lies outside of the repository has no page."""
    context = RenderContext(root="infra", sources=SourceLinks("https://x/{path}#{line}"))
    assert context.web_address(Source(file, 9, 1)) == address
