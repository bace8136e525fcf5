"""`reconciler export`: live state to manifests, for those declared or for every customer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.help import Command
from reconciler.cli.interrupts import run_to_end
from reconciler.cli.options import Globals, global_options, paths_argument, sign_in_options
from reconciler.cli.output import say
from reconciler.cli.session import Session, open_session
from reconciler.documents.shape import to_json
from reconciler.operations.export import ExportRequest, export, list_customers
from reconciler.scaffold import MANIFEST_SCHEMA
from reconciler.selection.selection import Narrowing

if TYPE_CHECKING:
    from reconciler.configuration.config import Configuration


@click.command(cls=Command, help="Write what is live as manifests. Overwrites none; sends nothing.")
@paths_argument
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where new ones go.")
@click.option("--all-customers", is_flag=True, help="Every customer, not only those declared.")
@click.option("--update", is_flag=True, help="Add what is live to the manifests that lack it.")
@global_options
@sign_in_options
def command(
    flags: Globals, paths: tuple[Path, ...], *, out: Path | None, all_customers: bool, update: bool
) -> int:
    session = open_session(flags, paths, Narrowing(), may_be_empty=all_customers)
    configuration = session.configuration
    folder = Path.cwd() / out if out else _usual_folder(configuration)
    # Among the manifests is where they belong, and what is there already is not overwritten.
    replace(configuration.kept_files, manifests=()).refuse((out or folder) / "NAME.yaml")
    schema = configuration.folder / MANIFEST_SCHEMA
    request = ExportRequest(
        desired=session.desired,
        folder=folder,
        schema=Path(os.path.relpath(schema, folder)).as_posix(),
        update=update,
        afresh=not _among_manifests(folder, configuration),
    )
    code = run_to_end(_export(session, request, all_customers=all_customers))
    _write_schema(schema)
    return code


async def _export(session: Session, request: ExportRequest, *, all_customers: bool) -> int:
    async with session.connect() as run:
        listed = await list_customers(run.service.customers()) if all_customers else None
        return await export(replace(request, listed=listed), run)


def _usual_folder(configuration: Configuration) -> Path:
    """New manifests go beside the others: where the first of `manifests:` is, or is in."""
    first = configuration.manifests[0]
    return first.parent if first.is_file() else first


def _among_manifests(folder: Path, configuration: Configuration) -> bool:
    resolved = folder.resolve()
    places = [path.resolve() for path in configuration.manifests]
    return any(resolved == place or place in resolved.parents for place in places) or any(
        place.parent == resolved for place in places if place.is_file()
    )


def _write_schema(path: Path) -> None:
    """The modeline of every manifest names it, so an editor has to find it."""
    from reconciler.manifests.manifest_model import manifest_schema  # noqa: PLC0415 - slow to import

    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_json(manifest_schema()), encoding="utf-8")
        say(f"wrote {MANIFEST_SCHEMA}, for editors")
