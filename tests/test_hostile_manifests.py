"""Broken and hostile manifests: told with a place, soon, and without harm.

`pytest tests/test_hostile_manifests.py tests/render --refresh-golden` writes the golden file anew.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from reconciler.manifests.reader import load_manifests
from reconciler.model.findings import Severity
from tests.hostile.manifests import BROKEN, CRASHING, FILES

FOLDER: Final = Path(__file__).parent / "hostile"
SECONDS: Final = 2.0

CHECK: Final = """
import sys
from pathlib import Path
from reconciler.manifests.reader import check_manifests
folder = Path(sys.argv[1])
for each in check_manifests([folder], base=folder).diagnostics[:9]:
    print(each.rule, each.source)
"""


def check(folder: Path, rule: str) -> None:
    """Expect an error of `rule` with its place, within two seconds of work."""
    started = time.process_time()  # a busy machine takes nothing away from it
    diagnostics = load_manifests([folder], base=folder).diagnostics
    assert time.process_time() - started < SECONDS
    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    assert rule in {each.rule for each in errors}
    assert all(each.source is not None and each.message and each.remedy for each in errors)


@pytest.mark.parametrize("name", [*BROKEN, *CRASHING])
def test_text(name: str, tmp_path: Path) -> None:
    """Each is refused by its rule, at a place, in less than two seconds."""
    data, rule = (BROKEN | CRASHING)[name]
    (tmp_path / "a.yaml").write_bytes(data)
    check(tmp_path, rule)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", FILES)
def test_file(name: str, tmp_path: Path) -> None:
    """What is no ordinary file is refused, and neither waited for nor read."""
    make, rule = FILES[name]
    make(tmp_path / "a.yaml")
    check(tmp_path, rule)


@pytest.mark.parametrize("name", CRASHING)
def test_process(name: str, tmp_path: Path) -> None:
    """What could crash the whole process does not: it ends as usual, with an error told."""
    data, rule = CRASHING[name]
    (tmp_path / "a.yaml").write_bytes(data)
    command = [sys.executable, "-c", CHECK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{rule} a.yaml:" in done.stdout


def test_nothing_is_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A manifest can't make the program run anything, or say anything."""
    for index, (data, _) in enumerate((BROKEN | CRASHING).values()):
        if len(data) < 10_000:
            (tmp_path / f"{index}.yaml").write_bytes(data)
    load_manifests([tmp_path], base=tmp_path)
    assert not Path("planted").exists()
    assert capfd.readouterr() == ("", "")


def test_there_are_enough() -> None:
    """There are at least forty kinds."""
    assert len(BROKEN | CRASHING | FILES) >= 40


def test_golden(request: pytest.FixtureRequest) -> None:
    """All that is told of one broken file, word for word."""
    loaded = load_manifests([FOLDER / "broken.yaml"], base=FOLDER)
    lines = [
        f"{each.source} {each.severity} {each.rule}\n  {each.message}\n  -> {each.remedy}\n"
        for each in loaded.diagnostics
    ]
    golden = FOLDER / "broken.txt"
    if request.config.getoption("--refresh-golden", default=False):
        golden.write_text("".join(lines), encoding="utf-8")
    assert "".join(lines) == golden.read_text(encoding="utf-8")
