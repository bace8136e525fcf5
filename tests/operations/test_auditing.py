"""Which CI run an audit log names."""

from __future__ import annotations

import pytest

from reconciler.operations.auditing import find_ci_run

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "contoso/customers",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_SHA": "c0ffee",
    "GITHUB_TOKEN": "secret",
}
GITLAB = {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.com/-/jobs/1", "CI_COMMIT_SHA": "b0a"}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
    "SYSTEM_TEAMPROJECT": "customers",
    "BUILD_BUILDID": "42",
    "BUILD_SOURCEVERSION": "f00",
}


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (
            GITHUB,
            (
                "GitHub Actions",
                "https://github.com/contoso/customers/actions/runs/4711",
                "c0ffee",
            ),
        ),
        (GITLAB, ("GitLab CI", "https://gitlab.com/-/jobs/1", "b0a")),
        (
            AZURE,
            (
                "Azure Pipelines",
                "https://dev.azure.com/contoso/customers/_build/results?buildId=42",
                "f00",
            ),
        ),
        (GITLAB | {"RECONCILER_HEAD": "fee"}, ("GitLab CI", "https://gitlab.com/-/jobs/1", "fee")),
        ({"GITLAB_CI": "true"}, ("GitLab CI", "", "")),
    ],
)
def test_the_run_and_the_commit(environ: dict[str, str], told: tuple[str, str, str]) -> None:
    """By the system's own variables, unless the pipeline says what it checked out."""
    found = find_ci_run(environ)
    assert found is not None
    assert (found["system"], found["run"], found["commit"]) == told


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}])
def test_elsewhere_there_is_none(environ: dict[str, str]) -> None:
    """At a person's desk, the token says who it is."""
    assert find_ci_run(environ) is None
