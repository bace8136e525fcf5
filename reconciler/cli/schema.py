"""`reconciler schema`: the JSON Schema of a manifest, the configuration, a plan or a report."""

from __future__ import annotations

from typing import Any, Final

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import write
from reconciler.documents.shape import to_json

KINDS: Final = ("manifest", "config", "plan", "report")


@click.command(cls=Command, help="Print the JSON Schema of a kind of document.")
@click.argument("kind", type=click.Choice(KINDS), default="manifest")
@global_options
def command(_flags: Globals, kind: str) -> int:
    write(to_json(schema_of(kind)))
    return 0


def schema_of(kind: str) -> dict[str, Any]:
    """Give the schema of one of KINDS; KeyError for another.

    Plans and reports may have properties that it does not name: their readers ignore those.
    """
    from reconciler.validation.strict_models import json_schema  # noqa: PLC0415 - slow to import

    match kind:
        case "manifest":
            from reconciler.manifests.manifest_model import manifest_schema  # noqa: PLC0415 - as above

            return manifest_schema()
        case "config":
            from reconciler.configuration.config import config_schema  # noqa: PLC0415 - as above

            return config_schema()
        case "plan":
            from reconciler.documents.plan_model import PlanModel  # noqa: PLC0415 - as above

            return json_schema(PlanModel)
        case "report":
            from reconciler.documents.report_model import ReportModel  # noqa: PLC0415 - as above

            return json_schema(ReportModel)
        case _:
            raise KeyError(kind)
