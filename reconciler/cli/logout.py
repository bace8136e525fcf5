"""`reconciler logout`: forgets the login kept on this machine; it revokes nothing elsewhere."""

from __future__ import annotations

import os

import click

from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import say
from reconciler.partner_center.sign_in.login import logout
from reconciler.partner_center.sign_in.login_cache import login_cache


@click.command(help="Forget the login that is kept on this machine.")
@global_options
def command(flags: Globals) -> int:  # noqa: ARG001 - every command takes them
    cache = login_cache(os.environ)
    if logout(cache):
        say(f"logged out: the login is gone from {cache.folder}")
    else:
        say(f"there is no login in {cache.folder}")
    return 0
