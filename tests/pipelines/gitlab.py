"""A small runner of GitLab's jobs: their scripts for real, cache and artifacts as folders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.pipelines.runner import Ran, copied, machine_environment, read_yaml, run_bash, run_git

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class GitLab:
    """A project at GitLab: its remote, its cache, and the artifacts of the pipeline."""

    folder: Path
    remote: Path

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def run_job(self, name: str, branch: str, environ: dict[str, str]) -> Ran:
        """Run a job on the last commit of `branch`; installing is done already."""
        project = self.folder / "builds/project"
        shutil.rmtree(project.parent, ignore_errors=True)
        project.with_suffix(".tmp").mkdir(parents=True)
        run_git(self.folder, "clone", "--quiet", "--branch", branch, str(self.remote), str(project))
        job = resolve(read_yaml(project / ".gitlab/reconciler.yml"), name)
        environ = self._environment(project) | environ
        variables = job.get("variables", {})
        environ = {key: _expand(text, environ) for key, text in variables.items()} | environ
        copied(self.folder / "cache", project / ".reconciler")
        copied(self.artifacts, project / "plan")
        main = _bash(job["script"], project, environ | self._dotenv())
        after = _bash(job.get("after_script", []), project, environ)
        assert after.code == 0, after.log
        if job.get("cache", {}).get("policy", "pull-push") != "pull":
            copied(project / ".reconciler", self.folder / "cache")
        copied(project / "plan", self.artifacts)
        return Ran(main.code, main.log + after.log)

    def _environment(self, project: Path) -> dict[str, str]:
        return machine_environment(self.folder) | {"CI_PROJECT_DIR": str(project)}

    def _dotenv(self) -> dict[str, str]:
        file = self.artifacts / "plan.env"
        lines = file.read_text().splitlines() if file.exists() else []
        return {key: value for key, _, value in (line.partition("=") for line in lines)}


def resolve(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Merge a job over what it extends."""
    job = document[name]
    above = resolve(document, job["extends"]) if "extends" in job else {}
    return _merged(above, job)


def _merged(above: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = above | over
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(above.get(key), dict):
            merged[key] = _merged(above[key], value)
    return merged


def _expand(text: str, environ: dict[str, str]) -> str:
    return environ[text[1:]] if text.startswith("$") else text


def _bash(scripts: list[str], folder: Path, environ: dict[str, str]) -> Ran:
    return run_bash("\n".join(scripts), folder, environ, "-eo", "pipefail")
