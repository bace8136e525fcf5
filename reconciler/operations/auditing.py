"""Opens the audit log of an apply, and says which CI run it is of; it sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.applying.audit_log import AuditLog, NoAuditLog, RunIdentity
from reconciler.model.audit import Actor
from reconciler.model.errors import ServiceError, SignInFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.operations.run import Run

LONGEST_TEXT: Final = 300

HEAD: Final = "RECONCILER_HEAD"
"""The commit that a pipeline checked out, where its system's own variable tells another."""

CI: Final = (
    # the variable that tells the system, its name, how the run is told, the commit
    (
        "GITHUB_ACTIONS",
        "GitHub Actions",
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
        "GITHUB_SHA",
    ),
    ("GITLAB_CI", "GitLab CI", "{CI_JOB_URL}", "CI_COMMIT_SHA"),
    (
        "TF_BUILD",
        "Azure Pipelines",
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
        "BUILD_SOURCEVERSION",
    ),
)


def find_ci_run(environ: Mapping[str, str]) -> dict[str, str] | None:
    """Tell the run and the commit of the CI that this is, by its own variables; None elsewhere."""
    for variable, system, run, commit in CI:
        if environ.get(variable, "").casefold() == "true":
            context = {"system": system, "run": run.format_map(_Variables(environ))}
            context |= {"commit": environ.get(HEAD) or environ.get(commit, "")}
            return {name: text[:LONGEST_TEXT] for name, text in context.items()}
    return None


class _Variables(dict[str, str]):
    """A variable that isn't set is told as nothing."""

    def __missing__(self, _name: str) -> str:
        return ""


async def open_audit_log(run: Run, plan_digest: str) -> AuditLog | NoAuditLog:
    """Raises StateError where the log is broken or can't be written: then nothing may be sent."""
    settings = run.configuration
    path = settings.audit_log
    if path is None:
        return NoAuditLog()
    ci, address = find_ci_run(run.environ), settings.partner_center.address
    return AuditLog(path, RunIdentity(await _actor(run), ci, plan_digest, address))


async def _actor(run: Run) -> Actor:
    try:
        return await run.actor()
    except (SignInFailed, ServiceError):
        return Actor()
