"""Planted secrets: no code, token or contact person reaches any output or any file."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.shop import AGENCY, GCC, SOE, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.shop import Shop

FORMATS: Final = ("text", "json", "markdown", "html", "sarif", "github", "azure", "junit")
CODE: Final = "planted-code-e4b1"
FILED: Final = "planted-filed-code-77c"
CLAIMS: Final = base64.urlsafe_b64encode(b'{"scp": "user_impersonation"}').decode().rstrip("=")
TOKEN: Final = f"eyJhbGciOiJub25lIn0.{CLAIMS}.planted-signature-5d0"
CONTACTS: Final = ("Perdita", "Winterbourne", "perdita.winterbourne", "5550143267")
SECRETS: Final = (CODE, FILED, TOKEN, "planted-signature-5d0", *CONTACTS)

ECHO: Final = {
    "faults": [
        {
            "kind": "status",
            "status": 400,
            "call": "createQualification",
            "times": 1,
            "json": {"code": "Bad", "description": f"The code {CODE} is bad, {TOKEN}."},
        },
        {
            "kind": "status",
            "status": 400,
            "call": "accountStatus",
            "body": f"<html>{TOKEN}</html>",
        },
    ]
}
"""A service that echoes what it was sent."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run every command with everything logged, and gather all output and every file."""
    shop = open_shop(tmp_path_factory.mktemp("shop"))
    shop.project.write("customers/codes/agency", f" {FILED}\n")
    shop.declare(AGENCY, GCC | {"validationCodeFrom": {"env": "AGENCY_CODE"}}, SOE)
    shop.project.environ["AGENCY_CODE"] = CODE
    shop.project.write("faults.json", json.dumps(ECHO))
    outputs = dict(embedded_runs(shop))
    with shop.project.served("--faults", "faults.json") as address:
        shop.project.environ |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": TOKEN,
        }
        outputs |= dict(served_runs(shop))
    return outputs | dict(files(shop.project.folder))


def embedded_runs(shop: Shop) -> Iterator[tuple[str, str]]:
    for format_ in FORMATS:
        ended = shop.run("-v", "plan", "--format", format_, "--out", "plan.json")
        yield f"plan {format_}", ended.out + ended.err
    ended = shop.run("validate", "--format", "json")
    yield "validate", ended.out + ended.err


def served_runs(shop: Shop) -> Iterator[tuple[str, str]]:
    for arguments in (
        ("plan", "--out", "served.json"),
        ("apply", "served.json", "--auto-approve", "--report", "report.json"),
        ("apply", "--auto-approve"),
        ("apply", "--auto-approve", "--expect-digest", "sha256:0"),
    ):
        ended = shop.run("-v", *arguments)
        yield " ".join(arguments), ended.out + ended.err
    for format_ in FORMATS:
        ended = shop.run("-v", "show", "report.json", "--format", format_)
        assert ended.code == 0
        yield f"show {format_}", ended.out + ended.err


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Read every file but those that the secrets were planted in."""
    planted = {"live.yaml", "faults.json", "agency"}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in planted:
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")


def test_something_was_told(told: dict[str, str]) -> None:
    """The search below looks at runs that did read, log, send, fail and keep something."""
    assert "MS-CorrelationId" in told["plan text"]
    assert "POST" in told["apply served.json --auto-approve --report report.json"]
    assert "is bad" in told["report.json"]
    assert ".reconciler/journal.jsonl" in told
    assert "sending" in told[".reconciler/journal.jsonl"]
    assert any(name.startswith(".reconciler/emulator-") for name in told)


@pytest.mark.parametrize("secret", SECRETS)
def test_not_told(told: dict[str, str], secret: str) -> None:
    """The secret is in no output, in no format, and in no file."""
    assert [name for name, text in told.items() if secret in text] == []


@pytest.mark.parametrize("secret", [CODE, TOKEN])
def test_not_told_in_another_spelling(told: dict[str, str], secret: str) -> None:
    """Nor is it there as base64, as a URL spells it, or in pieces of JSON escapes."""
    spelled = base64.b64encode(secret.encode()).decode().rstrip("=")
    assert [name for name, text in told.items() if spelled in text] == []


INLINE: Final = {
    "validationCode": f"validationCode: {CODE}",
    "misspelt": f"validation_code: {CODE}",
    "reference": f"validationCodeFrom: {CODE}",
    "env": f"validationCodeFrom: {{env: {CODE}}}",
    "value": f"validationCodeFrom: {{{CODE}: x}}",
}


@pytest.mark.parametrize("case", INLINE)
@pytest.mark.parametrize("format_", ["text", "json", "sarif"])
def test_code_in_a_manifest(tmp_path: Path, case: str, format_: str) -> None:
    """A code that stands in a manifest is refused, and never repeated."""
    shop = open_shop(tmp_path)
    shop.project.write(
        "customers/agency.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerQualifications\nmetadata: {name: agency}\n"
        f"spec:\n  customerId: {AGENCY}\n  qualifications:\n"
        f"    - qualification: GovernmentCommunityCloud\n      {INLINE[case]}\n",
    )
    ended = shop.run("validate", "--format", format_)
    assert ended.code == 1
    assert CODE not in ended.out + ended.err
