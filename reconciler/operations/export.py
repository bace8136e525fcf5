"""The verb `export`: live state to manifests. It reads all first, and only then writes files.

A manifest that is there is never written anew: what is live and not declared is told, or added to
it by an edit that keeps every other byte.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.documents.saving import write_whole
from reconciler.manifests.naming import name_manifest
from reconciler.manifests.writer import write_manifest
from reconciler.model.errors import StateError
from reconciler.model.state import CustomerSummary, LiveCustomer, Qualification, UnreadableCustomer
from reconciler.planning.adoption import adopt, undeclared
from reconciler.yaml_text.editing import add_entries
from reconciler.yaml_text.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from reconciler.model.state import CustomerId, DesiredCustomer, DesiredState
    from reconciler.operations.run import Run

DONE: Final = 0
NOT_ALL: Final = 1


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Where new manifests go (`folder`), and what becomes of those that are there.

    `listed` is every customer of the partner, None where only the manifests' are asked for;
    `afresh` writes new ones for declared customers too, as `folder` is none of the manifests'.
    """

    desired: DesiredState
    folder: Path
    schema: str
    listed: Sequence[CustomerSummary] | None = None
    update: bool = False
    afresh: bool = False


async def list_customers(customers: AsyncIterator[CustomerSummary]) -> list[CustomerSummary]:
    """Take every page before anything is done with it: a list cut short is an error, no list."""
    return [customer async for customer in customers]


async def export(request: ExportRequest, run: Run) -> int:
    """Read, then write. Raises SignInRefused or SignInFailed, and StateError for a full disk."""
    declared = request.desired.by_id
    customers = _customers(request, declared)
    ids = [customer.customer_id for customer in customers]
    live = await run.read_customers(ids)
    exporter = _Exporter(request, run, {customer.name for customer in request.desired.customers})
    for customer in customers:
        exporter.take(customer, declared.get(customer.customer_id), live[customer.customer_id])
    run.say(exporter.headline())
    return NOT_ALL if exporter.failed else DONE


def _customers(
    request: ExportRequest, declared: Mapping[CustomerId, DesiredCustomer]
) -> list[CustomerSummary]:
    """Those of the list, in the order of names and ids: the same names come of the same list."""
    if request.listed is None:
        found: Iterable[CustomerSummary] = (
            CustomerSummary(each.customer_id, each.name, each.domain) for each in declared.values()
        )
    else:
        found = request.listed
    return sorted(found, key=lambda customer: (customer.name, customer.customer_id))


class _Exporter:
    def __init__(self, request: ExportRequest, run: Run, names: set[str]) -> None:
        self._request = request
        self._run = run
        self._names = names
        self._base = run.configuration.folder
        self.failed = 0
        self._counts = {"new": 0, "updated": 0, "different": 0, "as they were": 0}

    def take(
        self,
        customer: CustomerSummary,
        declared: DesiredCustomer | None,
        live: LiveCustomer | UnreadableCustomer,
    ) -> None:
        if isinstance(live, UnreadableCustomer):
            self._fail(f"{customer.name or customer.customer_id}: {live.message}; {live.remedy}")
        elif declared is None or self._request.afresh:
            self._write(customer, declared, live)
        elif missing := undeclared(declared, live):
            self._adapt(declared, missing)
        else:
            self._counts["as they were"] += 1

    def headline(self) -> str:
        counted = ", ".join(f"{number} {what}" for what, number in self._counts.items() if number)
        failed = f"{self.failed} not exported, see above"
        unread = f". Exit code {NOT_ALL}: {failed}" if self.failed else ""
        return f"Export: {counted or 'nothing to write'}{unread}"

    def _write(
        self, customer: CustomerSummary, declared: DesiredCustomer | None, live: LiveCustomer
    ) -> None:
        name = declared.name if declared else name_manifest(customer, self._names)
        self._names.add(name)
        path = self._request.folder / f"{name}.yaml"
        if os.path.lexists(path):
            self._fail(f"{self._shown(path)} is there already, and is not overwritten")
            return
        adoption = adopt(customer.customer_id, name, customer.domain, live)
        title = "" if declared else customer.name
        text = write_manifest(
            adoption.customer, self._request.schema, title=title, notes=adoption.notes
        )
        self._save(path, text)
        self._counts["new"] += 1
        self._run.say(f"wrote {self._shown(path)}")

    def _adapt(self, declared: DesiredCustomer, missing: Sequence[Qualification]) -> None:
        names, file = ", ".join(missing), declared.source.file
        if not self._request.update:
            self._counts["different"] += 1
            self._run.say(f"{file}: {names} is live and not declared; --update adds it")
            return
        path = self._base / file
        text = read_text(path, file)
        edited = _edited(text, declared, missing) if isinstance(text, str) else None
        if edited is None:
            self._fail(f"{file} can't be edited safely; add {names} to {declared.name} by hand")
            return
        self._save(path, edited)
        self._counts["updated"] += 1
        self._run.say(f"updated {file}: {names} added to {declared.name}")

    def _save(self, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"{path.parent} can't be made: {error.strerror}", "name another folder with --out"
            ) from error
        write_whole(path, text)

    def _fail(self, line: str) -> None:
        self.failed += 1
        self._run.say(line)

    def _shown(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._base)).as_posix()


def _edited(text: str, declared: DesiredCustomer, missing: Sequence[Qualification]) -> str | None:
    return add_entries(
        text,
        (("spec", "customerId"), declared.customer_id),
        ("spec", "qualifications"),
        [str(each) for each in missing],
        instead_of=Qualification.NONE,
    )
