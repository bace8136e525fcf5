"""What other people do between two applies: declare more, create, decide a vetting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.chaos.promises import created_pairs
from tests.chaos.stage import declare, settle_down
from tests.chaos.worlds import EDUCATION, SOE

if TYPE_CHECKING:
    from tests.chaos.stage import Stage
    from tests.chaos.worlds import Customer, Entry


def change_world(stage: Stage) -> None:
    """Mostly declare one more; now and then let somebody else create, or decide a vetting."""
    if stage.waiting and stage.random.random() < 0.8:
        declare(stage, stage.waiting.pop())
    if stage.random.random() < 0.3:
        settle_down(stage)
        stage.random.choice([_let_another_create, _vet])(stage)


def _let_another_create(stage: Stage) -> None:
    """Somebody who sees what is so creates what isn't there: what is declared, or something else.

    Nobody can see to a create by another at the very same time, so nothing is under way now.
    """
    customer = stage.random.choice(stage.world.customers)
    truth = stage.service.truth()
    names = [SOE, EDUCATION] if stage.random.random() < 0.3 else _declared_names(stage, customer)
    missing = [name for name in names if truth.held(customer.customer_id, name) is None]
    if not missing:
        return
    stage.service.create_as_another(customer.customer_id, _body(stage, missing[0]))
    before = created_pairs(truth)
    for pair, count in created_pairs(stage.service.truth()).items():
        stage.others[pair] += count - before.get(pair, 0)


def _declared_names(stage: Stage, customer: Customer) -> list[str]:
    entries = stage.declared.entries.get(customer.customer_id, customer.entries)
    return [entry["qualification"] for entry in entries]


def _body(stage: Stage, name: str) -> Entry:
    match name:
        case "Education":
            return {"qualification": name, "educationSegment": "K12"}
        case "StateOwnedEntity":
            return {"qualification": name}
        case _:
            return {"qualification": name, "validationCode": stage.world.code}


def _vet(stage: Stage) -> None:
    """Decide about one Education that is there; a denial may be approved for resubmission."""
    truth = stage.service.truth()
    found = [each for each in stage.world.customers if truth.held(each.customer_id, EDUCATION)]
    if not found:
        return
    customer = stage.random.choice(found)
    stage.service.vet(customer.customer_id, stage.random.choice(["approve", "deny", "review"]))
    held = stage.service.truth().held(customer.customer_id, EDUCATION) or {}
    denied_on = held.get("vettingCreatedDate")
    if held.get("vettingStatus") == "Denied" and denied_on and stage.random.random() < 0.7:
        _approve_resubmission(stage, customer, denied_on)


def _approve_resubmission(stage: Stage, customer: Customer, denied_on: str) -> None:
    entries = stage.declared.entries.get(customer.customer_id, ())
    if any(entry["qualification"] == EDUCATION for entry in entries):
        approved = tuple(
            entry | {"resubmitDenialOf": denied_on}
            if entry["qualification"] == EDUCATION
            else entry
            for entry in entries
        )
        declare(stage, replace(customer, entries=approved))
