"""What a renderer may know of where its text goes; nothing of the plan itself."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.render.foreign_text import address_path

if TYPE_CHECKING:
    from reconciler.model.findings import Source
    from reconciler.render.source_links import SourceLinks

CONFIGURATION: Final = "reconciler.yaml"


@dataclass(frozen=True, slots=True)
class RenderContext:
    """`root` leads from the git root to the configuration's folder, with `/`; empty where equal.

    `configuration` is the configuration's name in its folder: the place of what has no other.
    `terminal` says that people read it as it is printed, `width` columns wide; only there are
    `colour` and `files` looked at. `files` is the address of the configuration's folder, empty
    where the terminal opens no links; `sources` finds a line in the commit that is reviewed.
    With `verbose` each finding is told by itself.
    """

    root: str = ""
    configuration: str = CONFIGURATION
    terminal: bool = False
    colour: bool = False
    width: int = 100
    verbose: bool = False
    files: str = ""
    sources: SourceLinks | None = None
    tool_version: str = ""

    def path(self, source: Source) -> str:
        """Lead from the git root to the file."""
        return posixpath.normpath(posixpath.join(self.root, source.file))

    def file_address(self, source: Source | None) -> str:
        """Address the line on this machine, as terminals take it; empty where none opens it."""
        if source is None or not self.files or not self.colour:
            return ""
        return f"{self.files}/{address_path(posixpath.normpath(source.file))}#{source.line}"

    def web_address(self, source: Source | None) -> str:
        """Address the line in the reviewed commit; empty where it has none."""
        if source is None or self.sources is None:
            return ""
        path = self.path(source)
        outside = path.startswith(("/", "../"))
        return "" if outside else self.sources.address(address_path(path), source.line)
