"""Plays one run: a world, a faulty service, kills, other people, and the truth at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.accounts import Last, sent_once, settle
from tests.chaos.changes import change_world
from tests.chaos.faults import draw_faults, draw_lag, lag_seconds, nature
from tests.chaos.programs import JOURNAL, draw_moment
from tests.chaos.promises import Applied, broken_by, broken_in_journal, files_with_secrets
from tests.chaos.stage import Played, Stage, configure, drawing, next_token, set_up, settle_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.faults import Fault
    from tests.chaos.programs import Ended
    from tests.chaos.service import Truth

PLAN: Final = "plan.json"
REPORT: Final = "report.json"
APPLY: Final = ("apply", "--auto-approve", "--format", "json", "--report", REPORT)


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be played: the same score draws the same worlds, faults and moments."""

    seed: int
    kills: int
    slowing: bool
    """With the faults that bid the program go slower."""


def play(score: Score, number: int, folder: Path) -> Played:
    """Play one run in `folder`; in odd runs the service has no idempotency."""
    played = Played(number, idempotent=number % 2 == 0)
    random = drawing(score.seed, number, "world")
    stage = set_up(random, played, folder)
    lag = draw_lag(random, idempotent=played.idempotent)
    stage.service.lag = lag_seconds(lag)
    faults = draw_faults(random, lag=lag, idempotent=played.idempotent, slowing=score.slowing)
    with stage.service.serving(faults):
        for at in range(score.kills):
            stage.random = drawing(score.seed, number, f"kill {at}")
            change_world(stage)
            _apply(stage, kill=True)
        stage.random = drawing(score.seed, number, "resume")
        _apply(stage)
    _close(stage, lag)
    return played


def _apply(stage: Stage, *, kill: bool = False) -> None:
    """Apply, from a saved plan or without, and see that what it says is so.

    Each time the service's address is spelt in some way; but a saved plan is for one spelling.
    """
    random = stage.random
    if not (stage.project.folder / PLAN).exists():
        configure(stage)
    from_file = random.random() < 0.4 and _save_plan(stage)
    if random.random() < 0.7:
        settle_down(stage)
    arguments = [*APPLY, *([PLAN] if from_file else []), *random.choice([[], [], ["--verbose"]])]
    before, alone = stage.service.truth(), stage.alone
    moment = draw_moment(random, len(stage.declared.missing(before))) if kill else None
    ended = stage.programs.run(*arguments, token=next_token(stage), moment=moment)
    stage.played.robbed += ended.was_robbed
    if kill and ended.was_killed:
        stage.played.kills += 1
        stage.alone = False
    else:
        _judge(stage, Applied(ended, before, stage.service.truth(), from_file, alone))


def _save_plan(stage: Stage) -> bool:
    """Plan anew, or go on with the plan that a killed apply left unfinished."""
    plan = stage.project.folder / PLAN
    if not plan.exists():
        stage.programs.run("plan", "--out", PLAN, token=next_token(stage))
    return plan.exists()


def _judge(stage: Stage, applied: Applied) -> None:
    """Judge an apply that came to its own end; the plan that it was given is done with."""
    stage.played.applies += 1
    folder, at = stage.project.folder, f"process {stage.programs.started:03}"
    names = {customer.customer_id: customer.name for customer in stage.world.customers}
    stage.played.breaches += [f"{at}: {told}" for told in broken_by(applied, names)]
    if applied.ended.out and (folder / REPORT).read_text(encoding="utf-8") != applied.ended.out:
        stage.played.breaches.append(f"{at}: --report says something else than stdout")
    if applied.from_file:
        (folder / PLAN).unlink()


def _close(stage: Stage, lag: Fault) -> None:
    """Switch the faults off, apply once more, and compare everything with what is so."""
    settle_down(stage)
    with stage.service.serving({"faults": nature(lag, idempotent=stage.played.idempotent)}):
        before = stage.service.truth()
        ended = stage.programs.run(*APPLY, token=next_token(stage))
        truth = stage.service.truth()
        _judge(stage, Applied(ended, before, truth, from_file=False, alone=True))
        last = _last(stage, ended, truth)
    stage.service.close()
    stage.played.injected = stage.service.injected
    stage.played.counts = settle(stage.declared, truth, stage.others, last)
    stage.played.breaches += _broken_in_the_end(stage)


def _last(stage: Stage, ended: Ended, truth: Truth) -> Last:
    """Ask the plan for its findings only where something is left that they have to explain."""
    results: list[dict[str, Any]] = (ended.report or {"results": []})["results"]
    by_pair = {(each["customerId"], each["qualification"]): each for each in results}
    once = sent_once(_journal(stage))
    if not set(stage.declared.missing(truth)) - by_pair.keys():
        return Last(by_pair, [], once)
    planned = stage.programs.run("plan", "--format", "json", token=next_token(stage))
    return Last(by_pair, (planned.report or {"findings": []})["findings"], once)


def _broken_in_the_end(stage: Stage) -> Iterator[str]:
    counts = stage.played.counts
    for what in ("created twice", "lost"):
        if counts[what]:
            yield f"{counts[what]} {what}"
    if counts["by others"] < 0:
        yield f"the account does not add up: {dict(counts)}"
    yield from broken_in_journal(_journal(stage), stage.service.posted_ids)
    yield from files_with_secrets(stage.project.folder, [*stage.world.secrets, *stage.tokens])


def _journal(stage: Stage) -> list[str]:
    """Read every line that was ever journalled: what is settled is put aside in time."""
    journal = stage.project.folder / JOURNAL
    files = [*sorted(journal.parent.glob(f"{journal.stem}-*{journal.suffix}")), journal]
    texts = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    return "".join(texts).splitlines()
