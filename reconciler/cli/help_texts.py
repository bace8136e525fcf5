"""What `--help` ends in, command by command: examples, exit codes, environment. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = tuple[tuple[str, str], ...]
Codes = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class HelpText:
    """Examples that can be typed as they stand; codes and variables, each with its meaning."""

    examples: tuple[str, ...]
    exit_codes: Codes
    environment: Rows


_DONE: Final[Codes] = ((0, "done"),)
_FAILED: Final[Codes] = ((1, "could not do it, or not all of it"),)
_USAGE: Final[Codes] = ((64, "wrong usage"),)
_STOPPED: Final[Codes] = ((130, "Ctrl-C"), (143, "SIGTERM"))
_PLAIN: Final[Codes] = (*_DONE, *_FAILED, *_USAGE)
_LIVE: Final[Codes] = (*_PLAIN, *_STOPPED)
_STANDS: Final[Codes] = ((3, "done, but a finding of a category in policy.failOn stands"),)
_STEPS: Final[Codes] = ((2, "only with --detailed-exitcode: as 0, and there are steps"),)

_COLOUR: Final[Rows] = (("NO_COLOR", "no colours, whatever it says"),)
_HEAD: Final = ("RECONCILER_HEAD", "the commit checked out, where the CI's variables tell another")
_LINKS: Final[Rows] = (
    *_COLOUR,
    ("FORCE_HYPERLINK", "1: places are links on any terminal; 0: on none"),
    _HEAD,
)
_ENDPOINT: Final[Rows] = (
    ("PARTNER_CENTER_ENDPOINT", "the service's address: https, or http on this machine"),
)
_TENANT: Final[Rows] = (
    ("AZURE_TENANT_ID", "the partner's tenant"),
    ("AZURE_CLIENT_ID", "the application that signs in"),
    ("AZURE_AUTHORITY_HOST", "another authority than the cloud's own"),
)
_SIGN_IN: Final[Rows] = (
    ("PARTNER_CENTER_ACCESS_TOKEN", "a ready token; comes before everything else"),
    ("PARTNER_CENTER_REFRESH_TOKEN_FILE", "an admin's refresh token; the new one is written back"),
    ("PARTNER_CENTER_REFRESH_TOKEN", "the same; --refresh-token-out keeps the new one"),
    *_TENANT,
    ("AZURE_CLIENT_SECRET", "proves the application; alone it may read"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "as AZURE_CLIENT_SECRET"),
    ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "where the certificate's file has one"),
    ("AZURE_FEDERATED_TOKEN_FILE", "as AZURE_CLIENT_SECRET, from Azure or Kubernetes"),
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "GitHub's, with id-token: write; as AZURE_CLIENT_SECRET"),
)
_SERVICE: Final[Rows] = (*_ENDPOINT, *_SIGN_IN, *_COLOUR)
_CODES: Final[Rows] = (("any NAME", "what a manifest's validationCodeFrom: {env: NAME} names"),)

HELP_TEXTS: Final[Mapping[str, HelpText]] = MappingProxyType(
    {
        "": HelpText(
            ("reconciler init customers", "reconciler plan", "reconciler apply --help"),
            (
                (0, "done; for plan, nothing stands in the way (steps may be waiting)"),
                *_FAILED,
                (2, "only plan --detailed-exitcode: as 0, and there are steps"),
                *_STANDS,
                *_USAGE,
                (130, "Ctrl-C; the report is written"),
                (143, "SIGTERM; the report is written"),
            ),
            (
                ("(each command)", "names its own in its --help"),
                ("_RECONCILER_COMPLETE", "bash_source, zsh_source, fish_source: shell completion"),
                *_COLOUR,
            ),
        ),
        "init": HelpText(
            ("reconciler init", "reconciler init customers --ci github"), _PLAIN, _COLOUR
        ),
        "validate": HelpText(
            (
                "reconciler validate",
                "reconciler validate customers/contoso.yaml",
                "reconciler validate --format github",
            ),
            ((0, "no errors; there may be warnings"), (1, "a manifest is invalid"), *_USAGE),
            _LINKS,
        ),
        "plan": HelpText(
            (
                "reconciler plan",
                "reconciler plan --out plan.json --detailed-exitcode",
                "reconciler plan --changed-from origin/main --format markdown",
                "reconciler plan --customer contoso --explain-drift",
                "reconciler plan --incremental snapshot.json --refresh-within 7d",
            ),
            (
                (0, "nothing stands in the way; steps may be waiting"),
                (1, "manifests are invalid, a customer could not be read, or another digest"),
                *_STEPS,
                *_STANDS,
                *_USAGE,
                *_STOPPED,
            ),
            (*_SERVICE, *_CODES, *_LINKS[1:]),
        ),
        "merge": HelpText(
            (
                "reconciler merge plan-1.json plan-2.json --out plan.json",
                "reconciler merge plan-1.json plan-2.json --format html",
            ),
            (
                (0, "merged, and nothing stands in the way"),
                (1, "parts are missing, there twice or edited; or the plan is incomplete"),
                *_STANDS,
                *_USAGE,
            ),
            _LINKS,
        ),
        "show": HelpText(
            (
                "reconciler show plan.json --format html",
                "reconciler show report.json --format markdown",
            ),
            ((0, "printed, whatever it says"), (1, "it can't be read, or was edited"), *_USAGE),
            _LINKS,
        ),
        "apply": HelpText(
            (
                "reconciler apply plan.json",
                "reconciler apply plan.json --expect-digest sha256:9e9b... --auto-approve",
                "reconciler apply plan.json --allow-creates 40 --report report.json",
                "reconciler apply --customer contoso",
            ),
            (
                (0, "every step is created, or was there already"),
                (1, "refused, declined, or a create is rejected, unknown or not attempted"),
                *_STANDS,
                *_USAGE,
                (130, "Ctrl-C; those in flight are settled and the report is written"),
                (143, "SIGTERM; as Ctrl-C"),
            ),
            (*_SERVICE, *_CODES),
        ),
        "export": HelpText(
            (
                "reconciler export --all-customers --out customers",
                "reconciler export --update",
            ),
            _LIVE,
            _SERVICE,
        ),
        "status": HelpText(
            (
                "reconciler status",
                "reconciler status --customer contoso --wait --timeout 90m",
                "reconciler status --format html",
            ),
            (
                (0, "printed; with --wait, all is approved"),
                (1, "no access; with --wait, the time is over or a customer is unreadable"),
                (3, "only with --wait: something is denied"),
                *_USAGE,
                *_STOPPED,
            ),
            _SERVICE,
        ),
        "journal": HelpText(
            ("reconciler journal", "reconciler journal --format json"), _PLAIN, _COLOUR
        ),
        "journal list": HelpText(("reconciler journal list",), _PLAIN, _COLOUR),
        "journal settle": HelpText(
            ("reconciler journal settle REQUEST_ID created --reason 'seen in Partner Center'",),
            ((0, "it is on record"), (1, "no such create is unsettled"), *_USAGE),
            _COLOUR,
        ),
        "audit": HelpText(("reconciler audit verify audit.jsonl",), _PLAIN, _COLOUR),
        "audit verify": HelpText(
            ("reconciler audit verify audit.jsonl",),
            (
                (0, "whole"),
                (1, "broken, with the number of the line; or it can't be read"),
                *_USAGE,
            ),
            _COLOUR,
        ),
        "login": HelpText(
            ("reconciler login", "reconciler doctor"),
            (*_PLAIN, (130, "Ctrl-C; what was kept before stays as it was")),
            (
                *_TENANT,
                ("XDG_STATE_HOME", "where the login is kept, where there is no keyring"),
                *_COLOUR,
            ),
        ),
        "logout": HelpText(("reconciler logout",), _PLAIN, _COLOUR),
        "doctor": HelpText(
            ("reconciler doctor", "reconciler doctor --format json"),
            ((0, "no check failed"), (1, "a check failed"), *_USAGE, *_STOPPED),
            _SERVICE,
        ),
        "schema": HelpText(
            ("reconciler schema", "reconciler schema plan"), (*_DONE, *_USAGE), _COLOUR
        ),
        "explain": HelpText(
            ("reconciler explain vetting-denied", "reconciler explain --list"),
            ((0, "told"), (64, "there is no such rule")),
            _COLOUR,
        ),
        "emulator": HelpText(
            (
                "reconciler emulator serve live.yaml",
                "reconciler emulator vet contoso-unified-school-district Education deny",
                "reconciler emulator reset",
            ),
            _PLAIN,
            _ENDPOINT,
        ),
        "emulator serve": HelpText(
            (
                "reconciler emulator serve live.yaml --port 0",
                "reconciler emulator serve live.yaml --faults faults.json --log requests.jsonl",
            ),
            (*_FAILED, *_USAGE, (130, "Ctrl-C: its usual end"), (143, "SIGTERM")),
            _COLOUR,
        ),
        "emulator reset": HelpText(("reconciler emulator reset",), _PLAIN, _ENDPOINT),
        "emulator vet": HelpText(
            (
                "reconciler emulator vet contoso-unified-school-district Education approve",
                "reconciler emulator vet contoso-unified-school-district Education deny",
            ),
            _PLAIN,
            _ENDPOINT,
        ),
    }
)
"""By the command's path; the program itself is the empty one."""
