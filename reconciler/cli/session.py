"""Builds the parts that a command works with: configuration, manifests, and the service."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.command_files import NO_FILES, CommandFiles, kept_files
from reconciler.cli.output import say
from reconciler.cli.progress import progress_display
from reconciler.configuration.config import load_configuration
from reconciler.manifests.loading import load_desired
from reconciler.model.errors import NoManifests
from reconciler.model.plan import Scope
from reconciler.model.state import DesiredState
from reconciler.partner_center.call_log import CALL_LOG
from reconciler.project.access import SignInContext
from reconciler.project.connection import open_run
from reconciler.selection.selection import Narrowing, manifest_places, reselect, select

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from reconciler.cli.options import Globals
    from reconciler.cli.progress import ProgressDisplay
    from reconciler.configuration.config import Configuration
    from reconciler.model.plan import Plan
    from reconciler.operations.run import Run


@dataclass(frozen=True, slots=True)
class Session:
    """One command's configuration and desired state, and the way to the service."""

    flags: Globals
    configuration: Configuration
    desired: DesiredState
    scope: Scope

    def reselect(self, plan: Plan) -> tuple[DesiredState, Scope]:
        """Find the customers that a saved plan was made for."""
        places = manifest_places(self.configuration, (), Path.cwd())
        selected = reselect(self.desired, plan, places)
        for note in selected.notes:
            say(note)
        return selected.desired, selected.scope

    @asynccontextmanager
    async def connect(self, *, creates: bool = False) -> AsyncIterator[Run]:
        """Open the service for this command, its progress shown on stderr."""

        def display(traffic: Callable[[], str]) -> AbstractContextManager[ProgressDisplay]:
            return progress_display(self.flags, traffic, announce=creates)

        context = sign_in_context(self.flags)
        with calls_logged(self.flags):
            async with open_run(
                self.configuration, self.desired, context, display, creates=creates
            ) as run:
                yield run


def open_session(
    flags: Globals,
    paths: Sequence[Path],
    narrowing: Narrowing,
    files: CommandFiles = NO_FILES,
    *,
    may_be_empty: bool = False,
) -> Session:
    """Load what the configuration names, narrowed; what could not be narrowed is said aloud.

    NoManifests where there is none, unless it `may_be_empty`; StateError where one of `files`
    would be written over what is kept.
    """
    cwd = Path.cwd()
    configuration = load_configuration(flags.config, os.environ, cwd)
    try:
        desired = load_desired(paths, configuration, cwd)
    except NoManifests:
        if not may_be_empty:
            raise
        desired = DesiredState(())
    files = replace(files, written=(*files.written, flags.refresh_token_out))
    if any(files.written):
        kept = kept_files(configuration, desired, os.environ)
        files.refuse_kept(replace(kept, manifests=(*kept.manifests, *paths)))
    if narrowing == Narrowing():
        return Session(flags, configuration, desired, Scope())
    selected = select(desired, narrowing, manifest_places(configuration, paths, cwd))
    for note in selected.notes:
        say(note)
    shared = configuration.partner_center.at_share(selected.share)
    configuration = replace(configuration, partner_center=shared)
    return Session(flags, configuration, selected.desired, selected.scope)


def sign_in_context(flags: Globals) -> SignInContext:
    return SignInContext(os.environ, say, flags.refresh_token_out)


@contextmanager
def calls_logged(flags: Globals) -> Iterator[None]:
    """With `--verbose`, log each call on stderr, those of the sign-in too."""
    if not flags.verbose:
        yield
        return
    logger, handler = logging.getLogger(CALL_LOG), logging.StreamHandler(sys.stderr)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
