"""`reconciler journal`: what is unsettled, and the word of a person who looked. Sends nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.applying.journal_lines import Found
from reconciler.applying.validation_codes import CodeReader, unreadable_codes
from reconciler.cli.help import Group
from reconciler.cli.options import Globals, format_option, global_options
from reconciler.cli.output import say, write
from reconciler.configuration.config import load_configuration
from reconciler.documents.shape import FORMAT_VERSION, to_json
from reconciler.manifests.loading import load_desired
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.secret import KnownSecrets, Secret
from reconciler.model.state import format_instant
from reconciler.operations.journal import list_unsettled, settle
from reconciler.operations.run import utc_now
from reconciler.render.foreign_text import label

if TYPE_CHECKING:
    from reconciler.applying.history import UnsettledCreate
    from reconciler.configuration.config import Configuration

FORMATS: Final = ("text", "json")
WAY_OUT: Final = (
    "Look at each customer in Partner Center, then:\n"
    "  reconciler journal settle REQUEST_ID created|absent --reason TEXT\n"
)


@click.group(
    cls=Group, help="Show what is unsettled; settle it by hand.", invoke_without_command=True
)
@format_option(FORMATS)
@global_options
def command(flags: Globals, format_: str) -> int | None:
    """Without a command, list."""
    if click.get_current_context().invoked_subcommand is not None:
        return None
    return _list(flags, format_)


@command.command("list", help="Show the creates that may have happened. Sends nothing.")
@format_option(FORMATS)
@global_options
def list_command(flags: Globals, format_: str) -> int:
    return _list(flags, format_)


def _list(flags: Globals, format_: str) -> int:
    creates = list_unsettled(_configuration(flags))
    write(_document(creates) if format_ == "json" else _text(creates))
    return 0


@command.command("settle", help="Put on record what you saw in Partner Center. Sends nothing.")
@click.argument("request_id")
@click.argument("found", type=click.Choice([each.value for each in Found]))
@click.option("--reason", required=True, metavar="TEXT", help="Who looked, and what was there.")
@format_option(FORMATS)
@global_options
def settle_command(
    flags: Globals, request_id: str, found: str, *, reason: str, format_: str
) -> int:
    if not reason.strip():
        raise UsageError("--reason is empty", "say who looked, and what was there")
    configuration = _configuration(flags)
    kept = _held_secrets(configuration).redact(reason.strip())
    create = settle(configuration, request_id, Found(found), kept, utc_now())
    say(f"settled: {_title(create)} is {found}")
    left = list_unsettled(configuration)
    write(_document(left) if format_ == "json" else _text(left))
    return 0


SECRETS: Final = (
    "PARTNER_CENTER_ACCESS_TOKEN",
    "PARTNER_CENTER_REFRESH_TOKEN",
    "AZURE_CLIENT_SECRET",
)


def _held_secrets(configuration: Configuration) -> KnownSecrets:
    """What a person may have pasted into a reason: the tokens here, and the manifests' codes."""
    texts = (os.environ.get(name, "").strip() for name in SECRETS)
    secrets = KnownSecrets(*(Secret(text) for text in texts if text))
    with suppress(ReconcilerError):  # broken manifests are no reason not to settle
        desired = load_desired((), configuration, Path.cwd())
        folders = (configuration.folder, configuration.secrets_folder)
        unreadable_codes(desired, CodeReader(os.environ, *folders, secrets))
    return secrets


def _configuration(flags: Globals) -> Configuration:
    return load_configuration(flags.config, os.environ, Path.cwd())


def _title(create: UnsettledCreate) -> str:
    record = create.record
    return f"{record.qualification} of {label(record.name)} ({label(record.customer_id)})"


def _text(creates: tuple[UnsettledCreate, ...]) -> str:
    if not creates:
        return "Nothing is unsettled.\n"
    noun = "create" if len(creates) == 1 else "creates"
    blocks = [f"{len(creates)} unsettled {noun}: each may have happened.\n"]
    blocks += [_block(create) for create in creates]
    return "\n".join([*blocks, WAY_OUT])


def _block(create: UnsettledCreate) -> str:
    ids = ", ".join(label(each) for each in create.correlation_ids) or "none on record"
    tenant = f", tenant {label(create.tenant_id)}" if create.tenant_id else ""
    return (
        f"{_title(create)}\n"
        f"  sent            {format_instant(create.record.at)} to {label(create.address)}{tenant}\n"
        f"  MS-RequestId    {label(create.record.request_id)}\n"
        f"  MS-CorrelationId {ids}\n"
    )


def _document(creates: tuple[UnsettledCreate, ...]) -> str:
    return to_json(
        {
            "formatVersion": FORMAT_VERSION,
            "kind": "Journal",
            "unsettled": [_entry(create) for create in creates],
        }
    )


def _entry(create: UnsettledCreate) -> dict[str, Any]:
    record = create.record
    return {
        "customerId": record.customer_id,
        "name": record.name,
        "qualification": record.qualification.value,
        "resubmitDenialOf": record.denial and format_instant(record.denial),
        "sentAt": format_instant(record.at),
        "target": {"address": create.address, "tenantId": create.tenant_id},
        "requestId": record.request_id,
        "correlationIds": list(create.correlation_ids),
    }
