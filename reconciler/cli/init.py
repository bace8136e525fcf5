"""`reconciler init`: writes a working repository; what is there already it leaves as it is."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import say
from reconciler.cli.schema_copies import schema_texts
from reconciler.model.errors import StateError
from reconciler.scaffold import (
    AROUND,
    CODE_OWNERS,
    CONFIGURATION,
    EXAMPLES,
    OWNERS_PLACES,
    PIPELINES,
    Platform,
    read_texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NEXT: Final = (
    "next: {place}reconciler validate, reconciler plan, reconciler apply. All of it is offline "
    "until reconciler.yaml names a real Partner Center."
)
NEXT_PIPELINE: Final = (
    "The pipelines say in their first lines which variables they need. CODEOWNERS asks nobody "
    "until your people stand in it."
)


@click.command(cls=Command, help="Write a working repository into DIR. Never overwrites.")
@click.argument(
    "folder", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path, file_okay=True)
)
@click.option(
    "--ci", type=click.Choice([platform.value for platform in Platform]), help="Add its pipelines."
)
@global_options
def command(_flags: Globals, folder: Path, ci: str | None) -> int:
    texts = _texts(folder, None if ci is None else Platform(ci))
    written = {place: _write(folder / place, text) for place, text in texts.items()}
    for place, new in written.items():
        shown = (folder / place).as_posix()
        say(f"wrote {shown}" if new else f"left {shown} as it is: it is there already")
    if not any(written.values()):
        say("nothing to write: all of it is there already")
        return 0
    place = "" if folder == Path() else f"cd {shlex.quote(folder.as_posix())}, "
    say(NEXT.format(place=place))
    if ci is not None:
        say(NEXT_PIPELINE)
    return 0


def _texts(folder: Path, platform: Platform | None) -> Mapping[str, str]:
    """Choose what to write. Examples go only where none of them could be planned for real."""
    configured = any((folder / place).exists() for place in CONFIGURATION)
    examples = {} if configured else EXAMPLES
    pipelines = {} if platform is None else PIPELINES[platform]
    owners = _code_owners(folder, platform)
    texts = read_texts({**CONFIGURATION, **examples, **AROUND, **owners, **pipelines})
    return texts | schema_texts()


def _code_owners(folder: Path, platform: Platform | None) -> dict[str, str]:
    """Choose where code owners are named: beside none that are named already."""
    place, template = CODE_OWNERS[platform]
    found = next((each for each in OWNERS_PLACES if os.path.lexists(folder / each)), place)
    return {found: template}


def _write(path: Path, text: str) -> bool:
    """Write a new file, and tell whether it is new. Raises StateError where it can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        if path.parent.is_dir():
            return False
        raise _unwritable(path, "a file is where its folder would be") from None
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None
    return True


def _unwritable(path: Path, reason: str) -> StateError:
    return StateError(f"{path} can't be written: {reason}", "choose another folder")
