"""A small runner of GitHub workflows: the `run` steps for real, the actions ours use as files."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.pipelines import stand_ins
from tests.pipelines.expressions import holds, interpolate
from tests.pipelines.runner import (
    INSTALL,
    copied,
    machine_environment,
    new_machine,
    read_yaml,
    run_bash,
    run_git,
)

if TYPE_CHECKING:
    from pathlib import Path

NO_MATTER: Final = ("actions/setup-python", "azure/login", "github/codeql-action/upload-sarif")
MAIN: Final = "d" * 40
"""What GITHUB_SHA tells, whatever is checked out."""


@dataclass(frozen=True)
class Job:
    """How a job ended."""

    ok: bool
    outputs: dict[str, str]
    log: str
    summary: str
    ran: list[str]


@dataclass(frozen=True)
class GitHub:
    """One repository at GitHub: its remote, its cache, the artifacts of the run, and `gh`."""

    folder: Path
    remote: Path
    environ: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def run_job(
        self, workflow: str, name: str, event: dict[str, Any], needs: dict[str, Job] | None = None
    ) -> Job:
        """Run one job of the workflow that the commit has, on a new machine at the usual place."""
        machine = new_machine(self.folder, "temp")
        return _Run(self, event, machine).job(workflow, name, needs or {})


class _Run:
    def __init__(self, github: GitHub, event: dict[str, Any], machine: Path) -> None:
        self.github = github
        self.machine = machine
        self.workspace = machine / "workspace"
        self.temp = machine / "temp"
        self.ok = True
        self.log = ""
        self.ran: list[str] = []
        self.environ: dict[str, str] = {}
        self.context: dict[str, Any] = {
            "github": {
                **event,
                "repository": "me/customers",
                "token": "a token",
                "run_id": "1",
                "run_attempt": "1",
            },
            "vars": github.variables,
            "runner": {"temp": str(self.temp)},
            "steps": {},
        }

    def job(self, workflow: str, name: str, needs: dict[str, Job]) -> Job:
        self._check_out({"fetch-depth": 0})
        job = read_yaml(self.workspace / ".github/workflows" / workflow)["jobs"][name]
        shutil.rmtree(self.workspace)
        self.workspace.mkdir()
        outputs = {"needs": {each: {"outputs": needs[each].outputs} for each in needs}}
        self.context |= outputs
        if not holds(str(job.get("if", "true")), self.context | {"true": True}, success=True):
            return Job(self.ok, {}, "", "", [])
        self.environ |= self._filled(job.get("env", {}))
        self._steps(job["steps"], self.context)
        told = self._filled(job.get("outputs", {}))
        return Job(self.ok, told, self.log, self._read("summary"), self.ran)

    def _filled(
        self, texts: dict[str, Any], context: dict[str, Any] | None = None
    ) -> dict[str, str]:
        known = self.context if context is None else context
        return {key: interpolate(str(text), known) for key, text in texts.items()}

    def _read(self, name: str) -> str:
        file = self.machine / name
        return file.read_text() if file.exists() else ""

    def _steps(self, steps: list[dict[str, Any]], context: dict[str, Any]) -> None:
        for step in steps:
            if not holds(str(step.get("if", "true")), context | {"true": True}, success=self.ok):
                continue
            if "run" in step:
                outputs = self._script(step, context)
            else:
                outputs = self._action(step["uses"].partition("@")[0], step, context)
            if "id" in step:
                context["steps"][step["id"]] = {"outputs": outputs}

    def _script(self, step: dict[str, Any], context: dict[str, Any]) -> dict[str, str]:
        assert "${{" not in step["run"], "text of others must come through the environment"
        if step["name"] == INSTALL:
            return {}
        self.ran.append(step["name"])
        environ = self._environment() | self._filled(step.get("env", {}), context)
        done = run_bash(step["run"], self.workspace, environ, "-eo", "pipefail")
        self.log += f"## {step['name']}: {done.code}\n{done.log}"
        self.ok = self.ok and done.code == 0
        self.environ |= self._taken("env")
        return self._taken("output")

    def _environment(self) -> dict[str, str]:
        files = {name: self.machine / name.lower() for name in ("OUTPUT", "ENV")}
        files["STEP_SUMMARY"] = self.machine / "summary"
        files["EVENT_PATH"] = self.machine / "event.json"
        files["EVENT_PATH"].write_text(json.dumps(self.context["github"]["event"]))
        given = {f"GITHUB_{name}": str(file) for name, file in files.items()}
        given |= {"GITHUB_REPOSITORY": "me/customers", "STAND_INS": str(self.github.folder)}
        given |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_SHA": MAIN}
        given["GITHUB_EVENT_NAME"] = self.context["github"]["event_name"]
        base = machine_environment(self.github.folder, _programs(self.github.folder))
        return base | self.github.environ | given | self.environ

    def _taken(self, name: str) -> dict[str, str]:
        lines = self._read(name).splitlines()
        (self.machine / name).write_text("")
        return {key: value for key, _, value in (line.partition("=") for line in lines)}

    def _action(self, action: str, step: dict[str, Any], context: dict[str, Any]) -> dict[str, str]:
        options = self._filled(step.get("with", {}), context)
        if action.startswith("./"):
            return self._composite(self.workspace / action / "action.yml", options)
        self.ran.append(action)
        match action:
            case "actions/checkout":
                self._check_out(step.get("with", {}) | options)
            case "actions/upload-artifact":
                self._upload(options)
            case "actions/download-artifact":
                copied(self.github.artifacts / options["name"], self.workspace / options["path"])
            case _:
                assert action in NO_MATTER, action
        return {}

    def _composite(self, path: Path, given: dict[str, str]) -> dict[str, str]:
        action = read_yaml(path)
        inputs = {
            key: given.get(key) or value["default"]
            for key, value in action.get("inputs", {}).items()
        }
        inside = self.context | {"inputs": inputs, "steps": {}}
        self._steps(action["runs"]["steps"], inside)
        told = {key: each["value"] for key, each in action.get("outputs", {}).items()}
        return self._filled(told, inside)

    def _check_out(self, options: dict[str, Any]) -> None:
        depth = [] if str(options.get("fetch-depth", 1)) == "0" else ["--depth=1"]
        ref = options.get("ref") or self.context["github"]["ref"]
        run_git(self.machine, "init", "--quiet", str(self.workspace))
        run_git(self.workspace, "remote", "add", "origin", self.github.remote.as_uri())
        branches = [] if depth else ["+refs/heads/*:refs/remotes/origin/*"]
        wanted = [f"+{ref}:refs/event", *branches]
        run_git(self.workspace, "fetch", "--quiet", *depth, "origin", *wanted)
        run_git(self.workspace, "checkout", "--quiet", "--detach", "refs/event")

    def _upload(self, options: dict[str, str]) -> None:
        path = self.workspace / options["path"]
        assert not path.name.startswith(".") or options["include-hidden-files"] == "True"
        if not path.exists():
            assert options.get("if-no-files-found") == "ignore", path
            return
        copied(path, self.github.artifacts / options["name"])


def _programs(folder: Path) -> Path:
    """Make the folder of the stand-ins."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("gh", "az"):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -SEI "{stand_ins.__file__}" {name} "$@"\n'
        )
        program.chmod(0o755)
    return programs
