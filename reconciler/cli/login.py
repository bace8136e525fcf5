"""`reconciler login`: signs an admin in by a device code and keeps the login on this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import INTERRUPTED
from reconciler.cli.help import Command
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import say
from reconciler.cli.session import calls_logged
from reconciler.configuration.config import (
    PartnerCenterSettings,
    find_configuration,
    load_configuration,
)
from reconciler.model.errors import ConfigurationError
from reconciler.partner_center.sign_in.login import login, logout
from reconciler.partner_center.sign_in.login_cache import login_cache
from reconciler.partner_center.sign_in.method_from_environment import (
    CachedLogin,
    find_sign_in_method,
    login_application,
)
from reconciler.project.access import name_of, sign_in_target

if TYPE_CHECKING:
    from reconciler.partner_center.sign_in.login import LoggedIn
    from reconciler.partner_center.sign_in.method_from_environment import SignInTarget
    from reconciler.partner_center.sign_in.msal_client import DeviceCode


@click.command(
    cls=Command, help="Sign in as an admin with a device code. The login is kept on this machine."
)
@global_options
def command(flags: Globals) -> int:
    settings = _settings(flags)
    target = sign_in_target(settings)
    application = login_application(os.environ, target)
    try:
        with calls_logged(flags):
            logged_in = login(application, login_cache(os.environ), _show, settings.tenant_id)
    except KeyboardInterrupt:
        say("login cancelled; what was kept before stays as it was")
        return INTERRUPTED
    _show_login(logged_in)
    _warn_of_precedence(target)
    return 0


def _settings(flags: Globals) -> PartnerCenterSettings:
    """Without a configuration, the public cloud's; an admin may log in anywhere."""
    cwd = Path.cwd()
    found = find_configuration(flags.config, cwd)
    if found is None:
        return PartnerCenterSettings()
    return load_configuration(found, os.environ, cwd).partner_center


def _show(code: DeviceCode) -> None:
    minutes = max(1, code.lifetime // 60)
    say(f"open {code.address} and enter the code {code.code}")
    say(f"waiting; the code lasts {minutes} min, Ctrl-C cancels")


def _show_login(logged_in: LoggedIn) -> None:
    how = "encrypted" if logged_in.encrypted else "in a file that only you can read"
    say(f"logged in; the login is kept in {logged_in.folder}, {how}")
    if logged_in.claims.mfa is False:
        say("warning: the sign-in was without MFA, and Partner Center refuses a user's calls then")


def _warn_of_precedence(target: SignInTarget) -> None:
    """A login comes last: whatever the environment names is taken instead."""
    with suppress(ConfigurationError):  # the next run tells what is wrong with it
        sign_in_method = find_sign_in_method(os.environ, target)
        if not isinstance(sign_in_method, CachedLogin):
            name = name_of(sign_in_method)
            say(f"warning: {name} comes before this login; unset it to use the login")


@click.command(cls=Command, help="Forget the login that is kept on this machine.")
@global_options
def logout_command(flags: Globals) -> int:  # noqa: ARG001 - every command takes them
    cache = login_cache(os.environ)
    if logout(cache):
        say(f"logged out: the login is gone from {cache.folder}")
    else:
        say(f"there is no login in {cache.folder}")
    return 0
