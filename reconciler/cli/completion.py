"""What a shell offers after TAB beyond names that click knows; it asks no service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click


def complete_rule(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Offer the rules that begin so."""
    from reconciler.model.rules import RULES  # noqa: PLC0415 - for a TAB only

    return [rule for rule in RULES if rule.startswith(typed)]


def complete_customer(context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Offer the names of the customers that the configuration's manifests declare."""
    from reconciler.model.errors import ReconcilerError  # noqa: PLC0415 - as above

    try:
        return sorted(name for name in _declared(context) if name.startswith(typed))
    except ReconcilerError:
        # Nobody reads a message in the middle of a line; the command itself tells it.
        return []


def _declared(context: click.Context) -> Iterator[str]:
    from pathlib import Path  # noqa: PLC0415 - as above

    from reconciler.configuration.config import load_configuration  # noqa: PLC0415 - as above
    from reconciler.manifests.loading import load_desired  # noqa: PLC0415 - as above

    given = context.params.get("config")
    cwd = Path.cwd()
    configuration = load_configuration(Path(given) if given else None, {}, cwd)
    desired = load_desired(context.params.get("paths") or (), configuration, cwd)
    return (customer.name for customer in desired.customers)
