"""Builds the parts that a command works with: configuration, manifests, and the service."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.connection import connected
from reconciler.cli.output import say
from reconciler.cli.progress import progress_bar
from reconciler.config import load_configuration
from reconciler.loading import load_desired
from reconciler.operations import Run
from reconciler.planner import Scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from reconciler.cli.options import Globals
    from reconciler.config import Configuration
    from reconciler.state import DesiredState


@dataclass(frozen=True, slots=True)
class Session:
    """One command's configuration and desired state, and the way to the service."""

    flags: Globals
    configuration: Configuration
    desired: DesiredState
    scope: Scope

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Run]:
        """Open the service for this command; sign in where one is needed."""
        log = say if self.flags.verbose else None
        async with connected(self.configuration, log) as service:
            with progress_bar(self.flags) as progress:
                yield Run(self.configuration, os.environ, service, say=say, progress=progress)


def open_session(flags: Globals, paths: Sequence[Path]) -> Session:
    cwd = Path.cwd()
    configuration = load_configuration(flags.config, os.environ, cwd)
    return Session(flags, configuration, load_desired(paths, configuration, cwd), Scope())
