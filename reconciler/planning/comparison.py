"""Says what moved between two plans, as far as their digests tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.plan import BasisEntry, Plan, Step

PARTICULARS: Final = {
    "education_segment": "educationSegment",
    "website": "website",
    "validation_code_from": "validationCodeFrom",
}


def compare_plans(before: Plan, after: Plan) -> tuple[str, ...]:
    """One line for each step and each live qualification that differs, in a stable order."""
    return tuple(
        dict.fromkeys((*_target(before, after), *_steps(before, after), *_basis(before, after)))
    )


def _target(before: Plan, after: Plan) -> Iterator[str]:
    if before.target != after.target:
        yield f"the target was {before.target.address}, is {after.target.address}"


def _steps(before: Plan, after: Plan) -> Iterator[str]:
    was = {step.key: step for step in before.steps}
    now = {step.key: step for step in after.steps}
    for key in [*was, *(key for key in now if key not in was)]:
        step = now.get(key) or was[key]
        what = f"{step.name} {step.qualification}"
        if key not in now:
            yield f"{what}: was a step, is none now"
        elif key not in was:
            yield f"{what}: is a step now, was none"
        else:
            yield from (f"{what}: {change}" for change in _particulars(was[key], now[key]))


def _particulars(before: Step, after: Step) -> Iterator[str]:
    for field, name in PARTICULARS.items():
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"{name} was {was or 'absent'}, is {now or 'absent'}"


def _basis(before: Plan, after: Plan) -> Iterator[str]:
    names = {step.customer_id: step.name for step in (*before.steps, *after.steps)}
    for customer_id in sorted(before.basis.keys() & after.basis.keys()):
        was, now = _held(before.basis[customer_id]), _held(after.basis[customer_id])
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                change = f"was {was.get(name, 'absent')}, is {now.get(name, 'absent')}"
                yield f"{names.get(customer_id, customer_id)}: live {name} {change}"


def _held(basis: tuple[BasisEntry, ...]) -> dict[str, str]:
    return {entry.qualification: entry.vetting_status or "held" for entry in basis}
