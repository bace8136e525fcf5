"""A small runner of Azure Pipelines: templates, bash steps for real, artifacts as folders."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
    from collections.abc import Iterator

_IF: Final = re.compile(r"\$\{\{ if (eq|ne)\((.*), ('.*'|true)\) \}\}")
_HOLE: Final = re.compile(r"\$\{\{ (.*?) \}\}")
_MACRO: Final = re.compile(r"\$\(([\w.]+)\)")
_SET: Final = re.compile(r"##vso\[task\.setvariable variable=(\w+)(;isOutput=true)?\](.*)")
_UPLOAD: Final = re.compile(r"##vso\[artifact\.upload artifactname=([\w-]+)\](.*)")


@dataclass
class Ended:
    """How a job ended; `outputs` are named with their step."""

    ok: bool = True
    log: str = ""
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Azure:
    """A project at Azure DevOps: its remote, and the artifacts of the pipeline so far."""

    folder: Path
    remote: Path

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def earlier(self) -> Path:
        return self.folder / "earlier"

    def begin_run(self) -> None:
        """Keep the last run that left its state, and forget the artifacts of this one."""
        if any(self.artifacts.glob("reconciler-state*")):
            copied(self.artifacts, self.earlier)
        shutil.rmtree(self.artifacts, ignore_errors=True)

    def run_job(self, file: str, path: list[str | int], ref: str, environ: dict[str, str]) -> Ended:
        """Run the steps at `path` of a pipeline, on `ref`."""
        machine = new_machine(self.folder, "temp")
        sources = machine / "s"
        run_git(machine, "clone", "--quiet", str(self.remote), str(sources))
        run_git(sources, "fetch", "--quiet", "origin", f"{ref}:refs/built")
        run_git(sources, "checkout", "--quiet", "--detach", "refs/built")
        pipelines = sources / ".azure-pipelines"
        steps: Any = read_yaml(pipelines / file)
        for part in path:
            steps = steps[part]
        return _Run(self, machine, environ).steps(_expanded(steps, pipelines, {}))


def _expanded(
    steps: list[dict[str, Any]], folder: Path, parameters: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Put templates in, and take out what their conditions leave out."""
    for step in steps:
        [first, *_] = step
        if "template" in step:
            given = _filled(step.get("parameters", {}), parameters)
            template = read_yaml(folder / step["template"])
            typed = _typed(template.get("parameters", []), given)
            yield from _expanded(template["steps"], folder, typed)
        elif condition := _IF.fullmatch(first):
            value = {"true": True}.get(condition[3], condition[3].strip("'"))
            if (_value(condition[2], parameters) == value) == (condition[1] == "eq"):
                yield from _expanded(step[first], folder, parameters)
        else:
            yield _filled(step, parameters)


def _typed(declared: list[dict[str, str]], given: dict[str, Any]) -> dict[str, Any]:
    """Take what is given, or else the default; a pipeline's booleans are text until here."""
    values = {each["name"]: given.get(each["name"], each.get("default")) for each in declared}
    flags = [each["name"] for each in declared if each["type"] == "boolean"]
    return values | {name: {"true": True, "false": False}[str(values[name])] for name in flags}


def _filled(node: Any, parameters: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, parameters) for key, value in node.items()}
    if isinstance(node, str):
        return _HOLE.sub(lambda hole: str(_value(hole[1], parameters)), node)
    return node


def _value(expression: str, parameters: dict[str, Any]) -> Any:
    """Look a parameter up; those of a pipeline have their default, a blank."""
    name = expression.removeprefix("trim(").removesuffix(")").removeprefix("parameters.")
    return parameters.get(name, "")


class _Run:
    def __init__(self, azure: Azure, machine: Path, environ: dict[str, str]) -> None:
        self.azure = azure
        self.machine = machine
        self.given = environ
        built_in = {
            "System.JobAttempt": "1",
            "Agent.TempDirectory": str(machine / "temp"),
            "appliedCommit": "",
            "planArtifact": "reconciler-plan-1",
        }
        self.ended = Ended(variables=built_in | environ)

    def steps(self, steps: Iterator[dict[str, Any]]) -> Ended:
        for step in steps:
            if self.ended.ok or step.get("condition") == "always()":
                self._step(step)
        return self.ended

    def _step(self, step: dict[str, Any]) -> None:
        sources = self.machine / "s"
        match step:
            case {"bash": script, "displayName": name} if name != INSTALL:
                self._bash(script, step)
            case {"publish": path, "artifact": artifact}:
                self._publish(sources / path, self._known(artifact))
            case {"download": "current", "artifact": artifact}:
                name = self._known(artifact)
                copied(self.azure.artifacts / name, self.machine / name)
            case {"task": "DownloadPipelineArtifact@2", "inputs": inputs}:
                for found in self._runs(inputs["source"]).glob(inputs["patterns"].split("/")[0]):
                    copied(found, Path(self._known(inputs["path"])) / found.name)
            case _:
                known = {"checkout", "bash", "task"}
                assert known & step.keys(), step

    def _runs(self, source: str) -> Path:
        """The artifacts of this run, or of those before it."""
        return self.azure.artifacts if source == "current" else self.azure.earlier

    def _publish(self, path: Path, name: str) -> None:
        assert not (self.azure.artifacts / name).exists(), f"{name} can't be written twice"
        copied(path, self.azure.artifacts / name)

    def _known(self, text: str) -> str:
        return _MACRO.sub(lambda macro: self.ended.variables[macro[1]], text)

    def _bash(self, script: str, step: dict[str, Any]) -> None:
        variables = self.ended.variables
        told = {key: self._known(str(value)) for key, value in step.get("env", {}).items()}
        done = run_bash(script, self.machine / "s", self._environment() | told)
        self.ended.ok = self.ended.ok and done.code == 0
        self.ended.log += f"## {step['displayName']}: {done.code}\n{done.log}"
        for name, output, value in _SET.findall(done.log):
            variables[f"{step['name']}.{name}" if output else name] = value
        for artifact, path in _UPLOAD.findall(done.log):
            self._publish(Path(path), artifact)

    def _environment(self) -> dict[str, str]:
        machine = {
            "AGENT_TEMPDIRECTORY": str(self.machine / "temp"),
            "PIPELINE_WORKSPACE": str(self.machine),
            "BUILD_REASON": "IndividualCI",
            "SYSTEM_JOBATTEMPT": self.ended.variables["System.JobAttempt"],
        }
        return machine_environment(self.azure.folder) | machine | self.given
