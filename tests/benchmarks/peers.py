"""Our `plan` beside octoDNS's and Terraform's, on generated work of 1,000, 10,000 and 50,000.

Run it by `python -m tests.benchmarks.peers`. An object has one file and three texts: a customer
with one qualification; a zone with one TXT record; a `terraform_data` with three inputs. One in a
hundred is to be created, the rest is live as declared. Each program reads all files, all that is
live, and prints its plan; nobody asks a network, so what is measured is each program's own work.

Live state is where each program keeps it when it works alone: ours in the seed of the embedded
Partner Center, of which each customer is read by a call of its own; Terraform's in its state file,
each resource refreshed by its built-in provider. octoDNS ships no provider without a network but
YAML files, so its live state is that: half of its time is reading them. A row beside it, without a
due, has its live state in one JSON file, as ours is, behind a provider written here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks import scale
from tests.benchmarks.measuring import PROGRAM, Command, Cost, in_turn
from tests.benchmarks.table import Due, Row, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES: Final = (1_000, 10_000, 50_000)
QUICK_SIZES: Final = (200,)
CREATED: Final = 100
"""One object in so many."""

ROUNDS: Final = {1_000: 5, 10_000: 3}
TIMES_DUE: Final = {("octoDNS", 10_000): 4, ("Terraform", 10_000): 6}
LARGE: Final = 50_000
TIMES_DUE_LARGE: Final = 8
MEBIBYTES_DUE: Final = {10_000: 100, 50_000: 500}


def ours(folder: Path, objects: int) -> Command:
    scale.make(folder, objects, objects)
    steps = f'"steps": {objects // CREATED},'
    return Command((*PROGRAM, "plan", "--format", "json"), folder, lambda said: steps in said)


ZONE: Final = """\
---
www:
  ttl: 300
  type: TXT
  values:
  - qualification=Education
  - segment=K12 website=school{number}.edu
"""
OCTODNS: Final = """\
providers:
  declared: {{class: {yaml}, directory: zones, default_ttl: 300, supports_root_ns: false}}
  live: {{{live}}}
zones:
  '*': {{sources: [declared], targets: [live]}}
"""
YAML_PROVIDER: Final = "octodns.provider.yaml.YamlProvider"
YAML_LIVE: Final = f"class: {YAML_PROVIDER}, directory: live, supports_root_ns: false"
JSON_LIVE: Final = "class: octodns_live.LiveProvider, file: live.json"
PROVIDER: Final = '''\
"""Holds what is live in one JSON file."""

import json
import logging

from octodns.provider.base import BaseProvider
from octodns.record import Record


class LiveProvider(BaseProvider):
    SUPPORTS_GEO = False
    SUPPORTS = {"TXT"}

    def __init__(self, id, file):
        self.log = logging.getLogger("LiveProvider")
        super().__init__(id)
        with open(file) as stream:
            self.zones = json.load(stream)

    def populate(self, zone, target=False, lenient=False):
        for name, data in self.zones[zone.name].items():
            zone.add_record(Record.new(zone, name, data, source=self, lenient=lenient))
        return True
'''


def octodns(folder: Path, objects: int, program: Path, live: str) -> Command:
    for name in ("zones", "live"):
        (folder / name).mkdir(parents=True)
    held = {}
    for number in range(objects):
        zone, text = f"customer-{number}.example.", ZONE.format(number=number)
        (folder / "zones" / f"{zone}yaml").write_text(text)
        lacking = number % CREATED == 0
        (folder / "live" / f"{zone}yaml").write_text("--- {}\n" if lacking else text)
        values = ["qualification=Education", f"segment=K12 website=school{number}.edu"]
        record = {"ttl": 300, "type": "TXT", "values": values}
        held[zone] = {} if lacking else {"www": record}
    (folder / "live.json").write_text(json.dumps(held))
    (folder / "octodns_live.py").write_text(PROVIDER)
    (folder / "octodns.yaml").write_text(OCTODNS.format(yaml=YAML_PROVIDER, live=live))
    # Started by a line of Python: its own script would not look for the provider in the folder.
    line = "import sys; sys.path.insert(0, '.'); from octodns.cmds.sync import main; main()"
    words = (str(program), "-c", line, "--quiet", "--config-file", "octodns.yaml")
    return Command(
        words, folder, lambda said: said.count("  Create <TxtRecord") == objects // CREATED
    )


RESOURCE: Final = """\
resource "terraform_data" "customer_{number}" {{
  input = {{
    qualification = "Education"
    segment       = "K12"
    website       = "school{number}.edu"
  }}
}}
"""
TYPE: Final = ["object", dict.fromkeys(("qualification", "segment", "website"), "string")]


def terraform(folder: Path, objects: int, program: str) -> Command:
    folder.mkdir()
    for number in range(objects):
        (folder / f"customer_{number}.tf").write_text(RESOURCE.format(number=number))
    live = [_resource(number) for number in range(objects) if number % CREATED]
    state = {"version": 4, "serial": 1, "lineage": "generated", "outputs": {}, "resources": live}
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    words = (program, "plan", "-no-color", "-input=false", "-lock=false")
    return Command(words, folder, lambda said: f"Plan: {objects // CREATED} to add, 0 to" in said)


def _resource(number: int) -> dict[str, object]:
    texts = {"qualification": "Education", "segment": "K12", "website": f"school{number}.edu"}
    held = {"value": texts, "type": TYPE}
    attributes = {"id": f"{number}", "input": held, "output": held, "triggers_replace": None}
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": f"customer_{number}",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }


def install_octodns(folder: Path) -> Path | None:
    """Install it from the package index in a venv of its own; None, with a word, where it can't."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    asked = [str(python), "-m", "pip", "install", "--quiet", "octodns"]
    if subprocess.run(asked, check=False).returncode != 0:
        print("octoDNS is skipped: it could not be installed", file=sys.stderr)
        return None
    show = [str(python), "-m", "pip", "show", "octodns"]
    told = subprocess.run(show, check=True, capture_output=True, text=True)
    print(f"octoDNS {told.stdout.splitlines()[1].partition(' ')[2]}", file=sys.stderr)
    return python


def rows(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        python, program = install_octodns(base / "venv"), shutil.which("terraform")
        if program is None:
            print("Terraform is skipped: it is not on PATH", file=sys.stderr)
        for objects in QUICK_SIZES if quick else SIZES:
            work = base / str(objects)
            commands = {"ours": ours(work / "ours", objects)}
            if python is not None:
                commands["octoDNS"] = octodns(work / "octodns", objects, python, YAML_LIVE)
                commands["octoDNS, live in JSON"] = octodns(
                    work / "octodns-json", objects, python, JSON_LIVE
                )
            if program is not None:
                commands["Terraform"] = terraform(work / "terraform", objects, program)
            costs = in_turn(tuple(commands.values()), ROUNDS.get(objects, 1))
            yield from compare(objects, dict(zip(commands, costs, strict=True)))
            shutil.rmtree(work)


def compare(objects: int, costs: dict[str, Cost]) -> Iterator[Row]:
    mine = costs.pop("ours")
    most = MEBIBYTES_DUE.get(objects)
    bounds = () if most is None else ((f"under {most} MiB", mine.peak < most),)
    for peer, cost in costs.items():
        times = TIMES_DUE.get((peer, objects))
        if objects == LARGE and peer in {"octoDNS", "Terraform"}:
            times = TIMES_DUE_LARGE
        yield Row(
            f"plan of {objects:,} beside {peer}",
            str(mine),
            str(cost),
            cost.clock / mine.clock,
            None if times is None else Due(times),
            bounds,
            cost.processors / mine.processors,
        )
        bounds = ()  # they are about ours alone: said once


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
