"""`reconciler doctor`: checks configuration, way there and sign-in; changes nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.help import Command
from reconciler.cli.interrupts import run_to_end
from reconciler.cli.options import Globals, format_option, global_options, sign_in_options
from reconciler.cli.output import write
from reconciler.cli.session import calls_logged, sign_in_context
from reconciler.configuration.config import load_configuration
from reconciler.documents.shape import to_json
from reconciler.manifests.loading import load_desired
from reconciler.model.errors import (
    ConfigurationError,
    ManifestsInvalid,
    ReconcilerError,
    SignInFailed,
)
from reconciler.partner_center.connection import connect
from reconciler.partner_center.doctor import (
    ALL,
    REACH,
    SIGN_IN,
    Check,
    CheckState,
    Service,
    diagnose,
    skipped,
)
from reconciler.partner_center.sign_in.claims import TokenKind
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.project.access import Access, find_access
from reconciler.render.foreign_text import shown

if TYPE_CHECKING:
    from reconciler.configuration.config import Configuration
    from reconciler.model.state import CustomerId
    from reconciler.partner_center.sign_in.token_source import AccessToken

CONFIGURATION: Final = "configuration"


@click.command(
    cls=Command, help="Check configuration, reach, clock and sign-in, and what it may do."
)
@format_option(("text", "json"))
@global_options
@sign_in_options
def command(flags: Globals, format_: str) -> int:
    checks = examine(flags)
    write(to_json(_document(checks)) if format_ == "json" else _text(checks))
    return int(any(check.state is CheckState.FAILED for check in checks))


def examine(flags: Globals) -> tuple[Check, ...]:
    """One check for the configuration and one for each of `ALL`, in that order."""
    try:
        configuration = load_configuration(flags.config, os.environ, Path.cwd())
    except ConfigurationError as error:
        broken = Check(CONFIGURATION, CheckState.FAILED, *_every_problem(error))
        return (broken, *(skipped(name, "the configuration can't be used") for name in ALL))
    return (_described(configuration), *run_to_end(_diagnosed(configuration, flags)))


def _every_problem(error: ConfigurationError) -> tuple[str, str]:
    """What is wrong and what to do, in one line each."""
    if not error.diagnostics:
        return error.message, error.remedy
    places = [f"{each.source}: " if each.source else "" for each in error.diagnostics]
    placed = zip(places, error.diagnostics, strict=True)
    messages = "; ".join(f"{place}{each.message}" for place, each in placed)
    return messages, "; ".join(dict.fromkeys(each.remedy for each in error.diagnostics))


def _described(configuration: Configuration) -> Check:
    settings = configuration.partner_center
    service = f"Partner Center ({settings.cloud}) at {settings.address}"
    if settings.emulator is not None:
        service = f"the embedded emulator, seeded from {settings.emulator.name}"
    assert configuration.path is not None, "it was loaded from a file"
    return Check(CONFIGURATION, CheckState.OK, f"{configuration.path.name} names {service}")


async def _diagnosed(configuration: Configuration, flags: Globals) -> tuple[Check, ...]:
    try:
        access = _access(configuration, flags)
        http = connect(access.address, auth=None, concurrency=1, transport=access.embedded)
    except ReconcilerError as error:
        blocked = Check(REACH, CheckState.FAILED, error.message, error.remedy)
        return (blocked, *(skipped(name, "the service can't be reached") for name in ALL[1:]))
    cloud = configuration.partner_center.cloud
    customer_id = _declared_customer(configuration)
    service = Service(access.address, customer_id, cloud.has_agreements, access.secrets)
    with calls_logged(flags):
        async with http:
            checks = await diagnose(http, access.auth, service)
    return tuple(_with_sign_in_method(check, access) for check in checks)


def _access(configuration: Configuration, flags: Globals) -> Access:
    """Without a sign-in method, what comes before the sign-in can be checked all the same."""
    try:
        configuration.kept_files.refuse(flags.refresh_token_out)
        return find_access(configuration, sign_in_context(flags))
    except (ConfigurationError, SignInFailed) as error:
        if configuration.partner_center.emulator is not None:
            raise
        return _no_access(configuration.partner_center.address, error)


def _no_access(address: str, error: ReconcilerError) -> Access:
    def refuse() -> AccessToken:
        raise SignInFailed(error.message, error.remedy)

    return Access(
        address, PartnerCenterAuth(address, refuse), "no sign-in method", TokenKind.UNKNOWN, ""
    )


def _declared_customer(configuration: Configuration) -> CustomerId | None:
    """The first of the manifests; where they have none that can be read, the service's first."""
    try:
        desired = load_desired((), configuration, Path.cwd())
    except (ConfigurationError, ManifestsInvalid):
        return None
    return next((customer.customer_id for customer in desired.customers), None)


def _with_sign_in_method(check: Check, access: Access) -> Check:
    if check.name == REACH and access.embedded is not None:
        return replace(check, message="the embedded emulator answers; nothing was sent anywhere")
    if check.name != SIGN_IN or check.state is CheckState.SKIPPED:
        return check
    if check.state is CheckState.FAILED:
        return replace(check, message=f"{access.sign_in_method}: {check.message}")
    if access.embedded is not None:
        return replace(check, message=f"the embedded emulator takes every call as {access.kind}")
    return replace(check, message=f"{check.message}, by {access.sign_in_method}")


def _text(checks: tuple[Check, ...]) -> str:
    return "".join(f"{_line(check)}\n" for check in checks)


def _line(check: Check) -> str:
    line = f"{check.state:<7}  {check.name}: {shown(check.message)}"
    return f"{line} -> {shown(check.remedy)}" if check.remedy else line


def _document(checks: tuple[Check, ...]) -> dict[str, object]:
    return {
        "formatVersion": "1.0",
        "kind": "Doctor",
        "checks": [
            {
                "name": check.name,
                "state": check.state.value,
                "message": check.message,
                "remedy": check.remedy or None,
            }
            for check in checks
        ],
    }
