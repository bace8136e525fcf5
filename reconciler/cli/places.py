"""Where the places that a document names can be opened: in this terminal, or on the web.

It reads what the environment says of both, and starts nothing.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.operations.auditing import HEAD
from reconciler.render.foreign_text import address_path
from reconciler.render.source_links import find_source_links

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.render.source_links import SourceLinks

_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "zed", "rio", "Hyper"})
_TERMINALS: Final = frozenset({"xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm"})
_MARKS: Final = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_FIRST_VTE: Final = 5001
"""VTE 0.50.0 crashes on links ("Hyperlinks in terminal emulators")."""


def terminal_links(folder: Path, environment: Mapping[str, str]) -> str:
    """Address `folder` for a terminal that opens links (OSC 8); empty for any other.

    There is no way to ask a terminal, so it is known by name, as by `supports-hyperlinks`;
    FORCE_HYPERLINK has the last word.
    """
    if not _opens_links(environment):
        return ""
    return f"file://{address_path(socket.gethostname())}{address_path(folder.resolve().as_posix())}"


def _opens_links(environment: Mapping[str, str]) -> bool:
    forced = environment.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced != "0"
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _PROGRAMS
        or environment.get("TERM") in _TERMINALS
        or any(mark in environment for mark in _MARKS)
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE)
    )


def source_links(environment: Mapping[str, str]) -> SourceLinks | None:
    """Find the pages of the reviewed commit; None where the environment tells of none.

    What a pipeline hands in goes first: where a comment starts it, no variable of the platform
    tells which commit was checked out.
    """
    head = environment.get(HEAD) or _head_commit(environment.get("GITHUB_EVENT_PATH"))
    return find_source_links(environment, head)


def _head_commit(path: str | None) -> str:
    """Read the head of the pull request, which GitHub tells in the event's file only."""
    try:
        event: object = json.loads(Path(path).read_bytes()) if path else None
    except (OSError, ValueError, RecursionError):
        return ""
    match event:
        case {"pull_request": {"head": {"sha": str(commit)}}}:
            return commit
        case _:
            return ""
