"""What pipelines install: by version and hash, and nothing besides; images by version."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from reconciler.scaffold import REQUIREMENTS, read_texts

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN: Final = re.compile(
    r"([\w.-]+)==([\w.]+)(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)"
)
INSTALL: Final = re.compile(r"\bpip install (.*)")
BY_HASH: Final = re.compile(r".*--require-hashes -r \S*requirements\.txt\"?( \\)?")
ALONE: Final = re.compile(r".*--no-deps --no-build-isolation (\"\$\w+\"|/source)")
IMAGE: Final = re.compile(r"(?m)^ *(?:image:|FROM) (\S+:\S+)")
EXACT: Final = re.compile(r"[\w./]+:\d+(\.\d+)+-\w+|registry\.example/.*")
"""A version down to its last digit; the last one is an image of the reader's own."""


FILES: Final = [
    path
    for path in sorted(EXAMPLES.rglob("*"))
    if path.is_file() and re.search(r"pip install|image:|FROM ", path.read_text(encoding="utf-8"))
]


def requirements() -> str:
    [text] = read_texts({"": REQUIREMENTS}).values()
    return text


def pins(text: str) -> dict[str, str]:
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.]+)", text)
    }


def needed(name: str) -> set[str]:
    """Find what a package needs here, and what that needs, by what is installed."""
    found: set[str] = {canonicalize_name(name)}
    for line in requires_of(name):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= needed(requirement.name)
    return found


def requires_of(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def test_every_package_is_pinned_by_hash() -> None:
    """Beside the ban on builds there are pins only: no index, no file elsewhere."""
    lines = [line for line in requirements().splitlines() if not line.startswith("#")]
    assert lines[0] == "--only-binary :all:"
    assert PIN.sub("", "\n".join(lines[1:])).strip() == ""


def test_the_hashed_versions_are_the_ones_tested() -> None:
    """What runs in a pipeline is what the constraints have the tests run on."""
    tested = pins((ROOT / ".ci/constraints.txt").read_text(encoding="utf-8"))
    hashed = pins(requirements())
    assert hashed == {name: tested.get(name) for name in hashed}


def test_all_that_reconciler_needs_is_hashed() -> None:
    """Its dependencies, theirs, and what builds it: it is installed alone."""
    needs = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    pinned = pins(requirements())
    for line in needs:
        assert needed(Requirement(line).name) - pinned.keys() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_installed_without_a_hash_but_reconciler(path: Path) -> None:
    """It comes alone, and is built by what is there: pip checks no hash of what a build fetches."""
    installs = INSTALL.findall(path.read_text(encoding="utf-8"))
    assert [
        each for each in installs if not BY_HASH.fullmatch(each) and not ALONE.fullmatch(each)
    ] == []
    assert len(installs) % 2 == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_image_is_of_one_version(path: Path) -> None:
    """A tag of a series is another image every month."""
    images = IMAGE.findall(path.read_text(encoding="utf-8"))
    assert [image for image in images if not EXACT.fullmatch(image)] == []


def test_the_action_brings_its_requirements() -> None:
    """Used from this repository, too, it finds them beside itself."""
    beside = ROOT / ".github/actions/reconciler/requirements.txt"
    assert beside.read_text(encoding="utf-8") == requirements()
