"""The examples of planning in shards: each platform's scripts, as processes at once, make one plan.

What is run is the text of the examples; how a platform hands files and numbers to its jobs is
played here, by what its own file says.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from ruamel.yaml import YAML

from tests.cli.project import Project, clean_environment, manifest, settings, state_of
from tests.cli.warm import path_to_warm_program
from tests.pipelines.expressions import interpolate
from tests.pipelines.gitlab import resolve
from tests.pipelines.runner import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parents[1]
EXAMPLES: Final = ROOT / "examples/distributed"
COUNT: Final = 4
CUSTOMERS: Final = 24
EACH_REFUSED: Final = 6
"""The service refuses the first read of each sixth customer: too many requests."""

WAITS: Final = 60
"""Seconds that a script may take; it takes two or three."""


@dataclass(frozen=True)
class Script:
    """What one job runs, in a folder of its own that holds the repository."""

    text: str
    environ: dict[str, str] = field(default_factory=dict)
    shell: tuple[str, ...] = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


@dataclass(frozen=True)
class Example:
    """A platform's jobs. `saved` is where a shard's plans are, `found` where merge finds them."""

    shards: list[Script]
    merge: Script
    merged: str
    saved: str = "plans"
    found: Callable[[int], str] = lambda _index: "plans"


def steps_by_name(job: dict[str, Any], key: str = "name") -> dict[str, dict[str, Any]]:
    return {step[key]: step for step in job["steps"] if key in step}


def github(_folder: Path) -> Example:
    """Artifacts are folders; all that fit a pattern are put into one."""
    jobs = read_yaml(EXAMPLES / "github/reconciler-shards.yml")["jobs"]
    shard, merge = jobs["shard"], jobs["merge"]
    [upload] = [step["with"] for step in shard["steps"] if "upload" in step.get("uses", "")]
    [download] = [step["with"] for step in merge["steps"] if "download" in step.get("uses", "")]
    assert upload["name"] == download["pattern"].replace("*", "${{ matrix.shard }}")
    assert download["merge-multiple"]
    indexes = shard["strategy"]["matrix"]["shard"]
    plan = steps_by_name(shard)["Plan"]

    def script(index: int) -> Script:
        context = {"matrix": {"shard": str(index)}, "strategy": {"job-total": len(indexes)}}
        told = {key: interpolate(str(text), context) for key, text in plan["env"].items()}
        return Script(plan["run"], told)

    return Example(
        [script(index) for index in indexes],
        Script(steps_by_name(merge)["Merge"]["run"], {"GITHUB_STEP_SUMMARY": "summary.md"}),
        merged="plan.json",
        saved=upload["path"],
        found=lambda _index: download["path"],
    )


def gitlab(folder: Path) -> Example:
    """Artifacts of every job that is needed are put where they were."""
    common = read_yaml(ROOT / "examples/pipelines/gitlab/.gitlab/reconciler.yml")
    document = common | read_yaml(EXAMPLES / "gitlab/reconciler-shards.yml")
    shard, merge = (resolve(document, f"reconciler-{name}") for name in ("shard", "merge"))
    assert shard["artifacts"]["paths"] == ["plans/"]
    assert merge["needs"] == ["reconciler-shard"]
    total = shard["parallel"]
    numbers = [
        {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(total)} for index in range(1, total + 1)
    ]
    project = {"CI_PROJECT_DIR": str(folder)}
    return Example(
        [Script("\n".join(shard["script"]), each | project) for each in numbers],
        Script("\n".join(merge["script"])),
        merged=merge["artifacts"]["paths"][0],
    )


def azure(folder: Path) -> Example:
    """Each artifact is a folder of its own, called after the shard and the attempt."""
    jobs = {job["job"]: job for job in read_yaml(EXAMPLES / "azure/reconciler-shards.yml")["jobs"]}
    shard, merge = jobs["shard"], jobs["merge"]
    matrix = shard["strategy"]["matrix"].values()
    plan = steps_by_name(shard, "displayName")["Plan"]
    assert plan["env"] == {"TOTAL": "$(System.TotalJobsInPhase)"}
    [artifact] = [step["artifact"] for step in shard["steps"] if "publish" in step]
    [patterns] = [step["patterns"] for step in merge["steps"] if "download" in step]
    assert re.fullmatch(re.escape(patterns).replace(r"\*", ".*"), f"{artifact}/plan-1.json")
    staging = folder / "staging"
    staging.mkdir()
    environ = {
        "PIPELINE_WORKSPACE": str(folder / "workspace"),
        "BUILD_ARTIFACTSTAGINGDIRECTORY": str(staging),
    }

    def found(index: int) -> str:
        named = artifact.replace("$(INDEX)", str(index)).replace("$(System.JobAttempt)", "1")
        return str(folder / "workspace" / named)

    return Example(
        [
            Script(plan["bash"], {"INDEX": str(job["INDEX"]), "TOTAL": str(len(matrix))})
            for job in matrix
        ],
        Script(steps_by_name(merge, "displayName")["Merge"]["bash"], environ),
        merged=str(staging / "plan.json"),
        found=found,
    )


def kubernetes(folder: Path) -> Example:
    """Pods count from 0 and write to one volume."""
    volume = folder / "volume"
    volume.mkdir()
    [job] = (each for each in pods("shards.yaml") if each["kind"] == "Job")
    [merge] = pods("merge.yaml")
    total = job["spec"]["completions"]

    def script(document: dict[str, Any], **more: str) -> Script:
        [container] = document["spec"]["template"]["spec"]["containers"]
        given = {each["name"]: each["value"] for each in container["env"]}
        assert given.pop("PATH").startswith("/opt/reconciler/bin:")
        assert given.pop("PLANS") == container["volumeMounts"][0]["mountPath"]
        environ = given | {"PLANS": str(volume)} | more
        return Script(container["args"][0], environ, tuple(container["command"]))

    return Example(
        [script(job, JOB_COMPLETION_INDEX=str(index)) for index in range(total)],
        script(merge),
        merged=str(volume / "plan.json"),
        saved=str(volume),
        found=lambda _index: str(volume),
    )


def pods(name: str) -> list[dict[str, Any]]:
    text = (EXAMPLES / "kubernetes" / name).read_text(encoding="utf-8")
    return list(YAML(typ="safe", pure=True).load_all(text))


PLATFORMS: Final = (github, gitlab, azure, kubernetes)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository whose customers have steps, denials and what an app-only can't check."""
    project = Project(tmp_path_factory.mktemp("estate"))
    education = {"qualification": "Education", "educationSegment": "K12"}
    ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(CUSTOMERS)]
    denied = {"qualification": "Education", "vettingStatus": "Denied"}
    project.seed([{"id": each, "qualifications": [denied] * (each[-1] == "3")} for each in ids])
    project.write(
        "reconciler.yaml", settings().replace("live.yaml", "live.yaml, requestsPerMinute: 1800")
    )
    for number, each in enumerate(ids):
        project.write(f"customers/{number}.yaml", manifest(f"customer-{number}", each, [education]))
    faults = [
        {"kind": "throttle", "call": "readQualifications", "customer": each, "times": 1}
        for each in ids[::EACH_REFUSED]
    ]
    project.write("faults.yaml", json.dumps({"faults": faults}))
    return project.folder


@contextmanager
def throttling(estate: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the estate by an emulator that refuses some calls as too many; the jobs' variables."""
    faults = ("--faults", str(estate / "faults.yaml"))
    with Project(estate).served(str(estate / "live.yaml"), *faults) as address:
        environ = {"PARTNER_CENTER_ENDPOINT": address, "PARTNER_CENTER_ACCESS_TOKEN": "app-only"}
        yield address, environ


def start(script: Script, machine: Path, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*script.shell, script.text],
        cwd=machine,
        env=clean_environment() | environ | script.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def machines(estate: Path, folder: Path, names: list[str]) -> list[Path]:
    """Check the repository out for each job."""
    return [
        shutil.copytree(estate, folder / name, ignore=shutil.ignore_patterns(".reconciler"))
        for name in names
    ]


def run_example(example: Example, estate: Path, folder: Path, environ: dict[str, str]) -> Any:
    """Run all shards at once, hand their plans over, and merge; the plan and how merge ended."""
    environ = environ | {"PATH": path_to_warm_program(folder)}
    *places, last = machines(estate, folder, [*"1234", "merge"])
    running = [
        start(script, place, environ) for script, place in zip(example.shards, places, strict=True)
    ]
    for process in running:
        log = process.communicate(timeout=WAITS)[0]
        assert process.returncode == 0, log
    for index, place in enumerate(places, start=1):
        saved, found = place / example.saved, last / example.found(index)
        if saved != found:
            shutil.copytree(saved, found, dirs_exist_ok=True)
    merging = start(example.merge, last, environ)
    log = merging.communicate(timeout=WAITS)[0]
    assert merging.returncode == 3, log
    return json.loads((last / example.merged).read_text(encoding="utf-8"))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_shards_make_the_plan_of_one_run(
    platform: Callable[[Path], Example], estate: Path, tmp_path: Path
) -> None:
    """Four processes at once, refused now and then, and their merge: the plan is the same."""
    example = platform(tmp_path)
    assert len(example.shards) == COUNT
    with throttling(estate) as (address, environ):
        merged = run_example(example, estate, tmp_path, environ)
        reads = state_of(address)["calls"]["readQualifications"]
        project = Project(estate, environ)
        whole = project.run("plan", "--format", "json").document
    assert reads == CUSTOMERS + CUSTOMERS // EACH_REFUSED
    assert merged | {"createdAt": None} == whole | {"createdAt": None}
    assert merged["summary"]["customers"] == CUSTOMERS


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_shard_that_saved_no_plan_fails(
    platform: Callable[[Path], Example], estate: Path, tmp_path: Path
) -> None:
    """Its job is red, so nothing is merged; what a saved plan found makes no shard fail."""
    example = platform(tmp_path)
    [machine] = machines(estate, tmp_path, ["1"])
    (machine / "reconciler.yaml").write_text("broken: [")
    environ = {"PATH": path_to_warm_program(tmp_path)}
    shard = start(example.shards[0], machine, environ)
    log = shard.communicate(timeout=WAITS)[0]
    assert shard.returncode == 1, log


def test_a_later_attempt_of_a_shard_counts(estate: Path, tmp_path: Path) -> None:
    """Azure keeps what each attempt left: that of the last one is merged."""
    example = azure(tmp_path)
    [machine] = machines(estate, tmp_path, ["merge"])
    for index in range(1, COUNT + 1):
        last = Path(example.found(index)[: -len("1")] + "10")
        for attempt in (last, last.with_name(f"{last.name[: -len('10')]}2")):
            attempt.mkdir(parents=True)
            (attempt / f"plan-{index}.json").write_text("of an attempt that came to nothing")
        out = ("--out", str(last / f"plan-{index}.json"))
        Project(machine).run("plan", "--shard", f"{index}/{COUNT}", *out)
    merging = start(example.merge, machine, {"PATH": path_to_warm_program(tmp_path)})
    log = merging.communicate(timeout=WAITS)[0]
    assert merging.returncode == 3, log


def test_the_indexed_job_counts_alike_everywhere() -> None:
    """As many pods as shards, all at once; the merge reads the volume that they wrote."""
    claim, job = pods("shards.yaml")
    [merge] = pods("merge.yaml")
    spec = job["spec"]
    pod, merging = (each["spec"]["template"]["spec"] for each in (job, merge))
    shards = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}["SHARDS"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"] == int(shards)
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for each in (pod, merging):
        assert each["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert each["restartPolicy"] == "Never"
        assert each["securityContext"]["runAsNonRoot"]
    assert pod["containers"][0]["image"] == merging["containers"][0]["image"]


def test_every_action_is_pinned_and_no_permission_is_too_many() -> None:
    """As in the workflows that init writes."""
    path = EXAMPLES / "github/reconciler-shards.yml"
    workflow = read_yaml(path)
    assert workflow["permissions"] == {}
    permissions = [job["permissions"] for job in workflow["jobs"].values()]
    assert permissions == [{"contents": "read", "id-token": "write"}, {"contents": "read"}]
    for line in path.read_text().splitlines():
        if re.search(r"\buses:", line):
            assert re.search(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", line), line


def test_the_readme_names_every_file() -> None:
    """Each example is told of, and no other."""
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:github|gitlab|azure|kubernetes)/\S+)`", text))
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*")}
    assert named == files
