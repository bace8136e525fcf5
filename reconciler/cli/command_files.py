"""The files that a command line names; refuses to write one of them over what is kept.

It is asked before the service is, and touches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.applying.validation_codes import CodeReader, code_files
from reconciler.partner_center.sign_in.method_from_environment import CREDENTIAL_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.configuration.config import Configuration
    from reconciler.configuration.kept_files import KeptFiles
    from reconciler.model.state import DesiredState


@dataclass(frozen=True, slots=True)
class CommandFiles:
    """What a command writes, where it was asked to, and what else it was given: (what, file)."""

    written: tuple[Path | None, ...] = ()
    read: tuple[tuple[str, Path | None], ...] = ()

    def refuse_kept(self, kept: KeptFiles) -> None:
        """Raise StateError where one that is written is kept, or is one that is read."""
        for what, file in self.read:
            kept = kept.beside(what, [file])
        for file in self.written:
            kept.refuse(file)


NO_FILES: Final = CommandFiles()


def kept_files(
    configuration: Configuration, desired: DesiredState, environ: Mapping[str, str]
) -> KeptFiles:
    """What is kept for a run: files of the configuration, of the manifests, of the sign-in."""
    reader = CodeReader(environ, configuration.folder, configuration.secrets_folder)
    kept = configuration.kept_files.beside("a validation code", code_files(desired, reader))
    for variable in CREDENTIAL_FILES:
        if name := environ.get(variable):
            kept = kept.beside(f"the file that {variable} names", [Path(name)])
    return kept
