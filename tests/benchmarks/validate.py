"""How long `reconciler validate` takes for 10,000 manifests, against merely loading them.

Run it by `python -m tests.benchmarks.validate`. Both are whole processes, in turn, so that a change
of the machine's speed meets both. Loading is what ruamel.yaml does with `YAML(typ="safe")` and its
C library.
"""

from __future__ import annotations

import random
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.measuring import PROGRAM, Command, in_turn
from tests.benchmarks.table import Due, Row, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES: Final = 100
MANIFESTS: Final = 10_000
QUICK_MANIFESTS: Final = 500
DUE: Final = Due(0.6, at_most=True)
MEBIBYTES_DUE: Final = 200
RUNS: Final = 9
SEED: Final = 20_240_501

# The one place that says what is measured.
VALIDATE: Final = (*PROGRAM, "validate")

LOAD: Final = (
    sys.executable,
    "-c",
    """
import sys
from pathlib import Path
from ruamel.yaml import YAML
yaml = YAML(typ="safe")
for path in sorted(Path(sys.argv[1]).iterdir()):
    with path.open() as stream:
        for document in yaml.load_all(stream):
            pass
""",
)

EDUCATION: Final = """\
    - qualification: Education
      educationSegment: K12
      website: school{index}.edu
"""
STATE_OWNED: Final = "    - StateOwnedEntity\n"
GCC: Final = """\
    - qualification: GovernmentCommunityCloud
      validationCodeFrom: {{env: GCC_CODE_{index}}}
"""
ENTRIES: Final = (EDUCATION, STATE_OWNED, GCC)
MANIFEST: Final = """\
apiVersion: reconciler/v1
kind: CustomerQualifications
metadata:
  name: customer-{index:05d}
  labels: {{region: us-west}}
spec:
  customerId: {customer}
  domain: customer{index}.onmicrosoft.com
  qualifications:
"""


def make_files(folder: Path, manifests: int = MANIFESTS, files: int = FILES) -> None:
    chance = random.Random(SEED)  # noqa: S311  # the same files every time, and no secrets
    for file in range(files):
        texts = []
        for index in range(file, manifests, files):
            customer = uuid.UUID(int=chance.getrandbits(128))
            text = MANIFEST + ENTRIES[index % len(ENTRIES)]
            texts.append(text.format(index=index, customer=customer))
        (folder / f"{file:03d}.yaml").write_text("---\n".join(texts))


def rows(*, quick: bool) -> Iterator[Row]:
    manifests = QUICK_MANIFESTS if quick else MANIFESTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "manifests")
        folder.mkdir()
        make_files(folder, manifests)
        commands = [
            Command((*words, str(folder)), folder, lambda _: True) for words in (VALIDATE, LOAD)
        ]
        ours, load = in_turn(commands, 1 if quick else RUNS)
    under = (f"under {MEBIBYTES_DUE} MiB", ours.peak < MEBIBYTES_DUE)
    title = f"validate of {manifests:,} beside loading them"
    ratio, of_processors = ours.clock / load.clock, ours.processors / load.processors
    yield Row(title, str(ours), str(load), ratio, DUE, (under,), of_processors)


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
