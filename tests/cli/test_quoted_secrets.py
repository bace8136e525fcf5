"""Secrets that the service quotes, in any text of any answer, reach no output and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.render.formats import FORMATS
from tests.cli.project import Project, manifest, settings
from tests.cli.quoting import CONTACT, ERRORS, quoting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN: Final = "ready-made-token-zyx"
CODE: Final = "gcc-code-qvw"
LONGER: Final = "gcc-code-qvw-of-another"
SECRETS: Final = (TOKEN, CODE, LONGER)
FILES: Final = ("plan.json", "report.json")
LEFT_OVER: Final = ("ready-made", "zyx", "qvw", "of-another", "\\u0067", *CONTACT.split())
"""What would be left of a secret, or tells of a contact person."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All that plan, show, status and apply print and write, in every format."""
    project = Project(tmp_path_factory.mktemp("quoted"))
    project.write("reconciler.yaml", settings(policy="{accountStatus: warn}"))
    variables = ["CODE"] * (len(ERRORS) - 1) + ["LONGER"]
    entries: list[object] = [gcc(each) for each in variables]
    for number, entry in enumerate([*entries, {"qualification": "Education"}]):
        name, customer_id = f"customer-{number}", f"0000000{number}-0000-4000-8000-0000000000aa"
        project.write(f"customers/{name}.yaml", manifest(name, customer_id, [entry]))
    secrets = {"PARTNER_CENTER_ACCESS_TOKEN": TOKEN, "CODE": CODE, "LONGER": LONGER}
    with quoting(*SECRETS) as (address, posted):
        project.environ = secrets | {"PARTNER_CENTER_ENDPOINT": address}
        outputs = dict(runs(project))
        assert len(posted) == len(ERRORS)
    return outputs | dict(files(project.folder))


def gcc(variable: str) -> object:
    return {"qualification": "GovernmentCommunityCloud", "validationCodeFrom": {"env": variable}}


def runs(project: Project) -> Iterator[tuple[str, str]]:
    apply = ("apply", "plan.json", "--auto-approve", "--report", "report.json")
    shown = [("show", file, "--format", each) for file in FILES for each in FORMATS]
    for arguments in (("plan", "--out", "plan.json"), ("status",), apply, *shown):
        ended = project.run("-v", *arguments)
        yield " ".join(arguments), ended.out + ended.err


def files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8")


def test_the_service_was_quoted(told: dict[str, str]) -> None:
    """Else the search below would find nothing in any case."""
    assert all("***" in told[each] for each in ("plan --out plan.json", "plan.json", "report.json"))


@pytest.mark.parametrize("secret", [*SECRETS, *LEFT_OVER])
def test_no_quoted_secret_is_told(told: dict[str, str], secret: str) -> None:
    """No token, no code, no rest of one that begins like another, and no contact person."""
    assert [name for name, text in told.items() if secret in text] == []
