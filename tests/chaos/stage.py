"""The parts of one run under way, and how they are set up; nothing goes wrong here."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from tests.chaos.accounts import Declared
from tests.chaos.faults import LONGEST_DELAY
from tests.chaos.programs import Programs
from tests.chaos.service import Service
from tests.chaos.worlds import CODE_FILE, CODE_VARIABLE, SPENT_FILE, World, draw_world
from tests.cli.project import Project, manifest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.promises import Pair
    from tests.chaos.worlds import Customer

UNHURRIED: Final = 60_000
"""Requests a minute: a pace that holds nothing back, until the service throttles."""


SPELLINGS: Final = (
    "http://127.0.0.1:{}",
    "http://127.0.0.1:{}/",
    "http://127.0.0.1:{}/v1",
    "http://localhost:{}",
    "HTTP://LocalHost:{}/v1/",
)
TENANT: Final = "5d4b7e0a-3c1f-4a57-8a4e-0d3c5b6f7a81"


@dataclass(slots=True)
class Played:
    """What one run came to."""

    number: int
    idempotent: bool
    kills: int = 0
    robbed: int = 0
    """Applies whose `stateDir` was taken away."""
    applies: int = 0
    """Those that came to their own end."""
    injected: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """One run under way."""

    random: Random
    """New in each round, so that what is drawn doesn't depend on how fast things went."""
    world: World
    project: Project
    service: Service
    programs: Programs
    played: Played
    declared: Declared = field(default_factory=Declared)
    others: Counter[Pair] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    waiting: list[Customer] = field(default_factory=list)
    alone: bool = True


def drawing(*of: object) -> Random:
    return Random(" ".join(map(str, of)))  # noqa: S311 - it has to be repeatable


def set_up(random: Random, played: Played, folder: Path) -> Stage:
    world = draw_world(random)
    project = Project(folder / "project")
    service = Service(folder / "service")
    service.prepare(world.seed)
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / CODE_FILE).write_text(f"{world.code}\n", encoding="utf-8")
    (secrets / SPENT_FILE).write_text(world.spent_code, encoding="utf-8")
    programs = Programs(project.folder, {CODE_VARIABLE: world.code})
    stage = Stage(random, world, project, service, programs, played)
    stage.waiting = list(world.customers)
    for _ in range(random.randint(2, 4)):
        declare(stage, stage.waiting.pop())
    return stage


def configure(stage: Stage) -> None:
    """Write the configuration; the address, and whether a tenant is named, are of no account."""
    address = stage.random.choice(SPELLINGS).format(stage.service.port)
    tenant = stage.random.choice([{}, {}, {"tenantId": TENANT}])
    settings = {
        "apiVersion": "reconciler/v1",
        "kind": "ReconcilerConfig",
        "secretsFolder": "../secrets",
        "partnerCenter": {
            "endpoint": address,
            **tenant,
            "concurrency": stage.world.concurrency,
            "requestsPerMinute": UNHURRIED,
        },
        "policy": stage.world.policy,
    }
    stage.project.write("reconciler.yaml", json.dumps(settings))


def declare(stage: Stage, customer: Customer) -> None:
    stage.declared.declare(customer, customer.entries)
    text = manifest(customer.name, customer.customer_id, customer.entries, domain=customer.domain)
    stage.project.write(f"customers/{customer.name}.yaml", text)


def settle_down(stage: Stage) -> None:
    """Wait until nothing that a killed process sent can still arrive."""
    if not stage.alone:
        time.sleep(LONGEST_DELAY * 3)
        stage.alone = True


def next_token(stage: Stage) -> str:
    """Give each process a token of its own, so that one can expire in the middle."""
    random = drawing("token", stage.played.number, stage.programs.started)
    token = f"user-{random.getrandbits(64):016x}"
    stage.tokens.append(token)
    return token
