"""Real processes, real sockets, SIGKILL: does any create happen twice, is any lost?"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.chaos.figures import table
from tests.chaos.runs import Score, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.chaos.stage import Played

KILLS: Final = 8
JOBS: Final = 24


def main(arguments: Sequence[str]) -> int:
    """Play the runs and print the figures. 1 where a promise was broken."""
    asked = _parse(arguments)
    started = time.monotonic()
    played = sorted(_play_all(asked), key=lambda each: each.number)
    print(table(played, time.monotonic() - started))
    broken = [each for each in played if each.breaches]
    if broken:
        numbers = ", ".join(str(each.number) for each in broken)
        print(f"BROKEN with --seed {asked.seed} in these runs (see --only): {numbers}")
    return 1 if broken else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how many worlds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=KILLS, help="kills attempted in each run")
    parser.add_argument("--unhurried", action="store_true", help="no 429 and no 503: sooner done")
    parser.add_argument("--jobs", type=int, default=JOBS, help="runs at once; most of each waits")
    parser.add_argument("--only", type=int, metavar="RUN", help="play this run alone")
    parser.add_argument("--keep", type=Path, help="keep the folders of broken runs here")
    return parser.parse_args(arguments)


def _play_all(asked: argparse.Namespace) -> Iterator[Played]:
    numbers = range(asked.runs) if asked.only is None else [asked.only]
    with ThreadPoolExecutor(asked.jobs) as pool:
        for done in as_completed([pool.submit(_play, asked, number) for number in numbers]):
            played = done.result()
            for told in played.breaches:
                print(f"run {played.number}: {told}", flush=True)
            yield played


def _play(asked: argparse.Namespace, number: int) -> Played:
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{number}-"))
    try:
        score = Score(asked.seed, asked.kills, slowing=not asked.unhurried)
        played = play(score, number, folder)
        if played.breaches and asked.keep is not None:
            shutil.copytree(folder, asked.keep / f"run-{number}", dirs_exist_ok=True)
    except Exception as error:
        error.add_note(f"in run {number} of --seed {asked.seed}")
        raise
    finally:
        shutil.rmtree(folder)
    return played


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
