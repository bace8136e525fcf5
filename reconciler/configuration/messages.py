"""The words for a configuration: what is due at each place, and which keys each mapping takes."""

from __future__ import annotations

from typing import Final

from reconciler.configuration.clouds import Cloud
from reconciler.model.policy import CREATABLE, FAILING, SideCheck, Undeclared
from reconciler.validation.problems import Expectation, MessageCatalogue

_PARTNER_CENTER: Final = "partnerCenter"
_POLICY: Final = "policy"


def _mapping(remedy: str) -> Expectation:
    return Expectation("a mapping", remedy, text=False)


def _path(what: str, remedy: str) -> Expectation:
    return Expectation(f"the path of {what}", remedy)


def _number(what: str) -> Expectation:
    return Expectation(what, f"write {what}", text=False)


def _one_of(*choices: str) -> Expectation:
    either = " or ".join(choices)
    return Expectation(either, f"write {either}", choices=choices)


def _some_of(*choices: str) -> Expectation:
    return Expectation("a list", f"write a list of some of {', '.join(choices)}", text=False)


_DUE: Final = {
    (): _mapping("write at least apiVersion and kind"),
    ("apiVersion",): _one_of("reconciler/v1"),
    ("kind",): _one_of("ReconcilerConfig"),
    ("manifests",): Expectation("a list of paths", "write a list, as [customers/]", text=False),
    ("manifests", "*"): _path("manifests", "write the path of a file or a folder"),
    ("secretsFolder",): _path("a folder", "write a folder's path, such as /run/secrets"),
    ("stateDir",): _path("a folder", "write a folder's path, such as .reconciler"),
    ("auditLog",): _path("a file", "write a file's path, such as audit.jsonl"),
    (_PARTNER_CENTER,): _mapping("write cloud, endpoint or emulator under it"),
    (_PARTNER_CENTER, "cloud"): _one_of(*Cloud),
    (_PARTNER_CENTER, "tenantId"): Expectation(
        "a tenant", "write the partner tenant's GUID or domain"
    ),
    (_PARTNER_CENTER, "endpoint"): Expectation(
        "an address", "write an address, such as http://127.0.0.1:8085", secretive=True
    ),
    (_PARTNER_CENTER, "emulator"): _path("the seed", "write the seed's path, such as live.yaml"),
    (_PARTNER_CENTER, "requestsPerMinute"): _number("a whole number from 1 on"),
    (_PARTNER_CENTER, "concurrency"): _number("a whole number from 1 to 64"),
    (_POLICY,): _mapping("write permit, maxCreates or another limit under it"),
    (_POLICY, "permit"): _some_of(*sorted(CREATABLE)),
    (_POLICY, "permit", "*"): _one_of(*sorted(CREATABLE)),
    (_POLICY, "maxCreates"): _number("a whole number from 0 on"),
    (_POLICY, "failOn"): _some_of(*sorted(FAILING)),
    (_POLICY, "failOn", "*"): _one_of(*sorted(FAILING)),
    (_POLICY, "undeclared"): _one_of(*Undeclared),
    (_POLICY, "accountStatus"): _one_of(*SideCheck),
    (_POLICY, "customerAgreement"): _one_of(*SideCheck),
}


def _keys_under(*path: str) -> tuple[str, ...]:
    return tuple(at[-1] for at in _DUE if at and at[:-1] == path and at[-1] != "*")


SHAPE: Final = MessageCatalogue(
    "the configuration",
    _DUE,
    {path: _keys_under(*path) for path in ((), (_PARTNER_CENTER,), (_POLICY,))},
)
