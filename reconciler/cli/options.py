"""The flags that commands share, given before or after the command's name."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from reconciler.cli.completion import complete_customer
from reconciler.render.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Globals:
    """The flags of every command."""

    config: Path | None
    colour: bool
    verbose: bool
    refresh_token_out: Path | None = None


def global_options(function: Callable[..., Result]) -> Callable[..., Result]:
    """Let a command take the global flags too, as its first argument."""

    @click.option("--config", type=click.Path(), help="The configuration. [reconciler.yaml]")
    @click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR.")
    @click.option(
        "-v", "--verbose", is_flag=True, help="Tell each finding by itself; log calls to stderr."
    )
    @wraps(function)
    def command(**flags: Any) -> Result:  # noqa: ANN401 - click's own
        config = flags.pop("config")
        plain = flags.pop("no_color") or bool(os.environ.get("NO_COLOR"))
        chosen = None if config is None else Path(config)
        return function(Globals(chosen, not plain, flags.pop("verbose")), **flags)

    return command


def sign_in_options(function: Callable[..., Result]) -> Callable[..., Result]:
    """Add what commands that sign in take besides; it goes below `global_options`."""

    @click.option(
        "--refresh-token-out",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Keep the new refresh token here; for PARTNER_CENTER_REFRESH_TOKEN.",
    )
    @wraps(function)
    def command(flags: Globals, *, refresh_token_out: Path | None, **others: Any) -> Result:  # noqa: ANN401 - click's own
        return function(replace(flags, refresh_token_out=refresh_token_out), **others)

    return command


def _once(
    _context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> str | None:
    """Refuse a narrowing given twice: the last one winning would widen what is applied."""
    if len(values) > 1:
        raise click.BadParameter("give it once", param=parameter)
    return values[0] if values else None


_GIVEN_ONCE: Final[dict[str, Any]] = {"multiple": True, "callback": _once}


def narrowing_options(function: Callable[..., Result]) -> Callable[..., Result]:
    """Add the flags that narrow the customers; the command gets them as `narrowing`."""

    @click.option(
        "--customer",
        "customers",
        multiple=True,
        metavar="NAME_OR_ID",
        help="Only it.",
        shell_complete=complete_customer,
    )
    @click.option("--selector", metavar="KEY=VALUE", help="Only with this label.", **_GIVEN_ONCE)
    @click.option(
        "--changed-from", metavar="GIT_REF", help="Only what differs from there.", **_GIVEN_ONCE
    )
    @click.option("--shard", metavar="INDEX/COUNT", help="Only this part of all.", **_GIVEN_ONCE)
    @wraps(function)
    def command(*args: Any, **flags: Any) -> Result:  # noqa: ANN401 - click's own
        from reconciler.selection.selection import Narrowing  # noqa: PLC0415 - slow to import

        narrowing_flags = {name: flags.pop(name) for name in ("customers", "selector")}
        narrowing_flags |= {name: flags.pop(name) for name in ("changed_from", "shard")}
        return function(*args, narrowing=Narrowing(**narrowing_flags), **flags)

    return command


def format_option(
    formats: Sequence[str] = FORMATS,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Add `--format` with the formats that the command can write."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(list(formats)),
        default="text",
        show_default=True,
        help="How to write the document.",
    )


def paths_argument(function: Callable[..., Result]) -> Callable[..., Result]:
    """Add `PATH...`, which overrides the configuration's `manifests:`."""
    return click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")(
        function
    )
