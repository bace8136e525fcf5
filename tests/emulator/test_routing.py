"""Paths lead to calls, and to nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.emulator.routing import (
    KNOWN_CALLS,
    CallName,
    Endpoint,
    find_endpoint,
    is_guid,
    lower_guid,
)
from tests.emulator.worlds import PLAIN


@pytest.mark.parametrize(
    ("path", "method", "call", "customer"),
    [
        ("/v1/customers/X/qualifications", "GET", CallName.READ_QUALIFICATIONS, "x"),
        ("/v1/customers/X/qualifications", "POST", CallName.CREATE_QUALIFICATION, "x"),
        ("/v1/customers/X/validationStatus", "GET", CallName.ACCOUNT_STATUS, "x"),
        ("/v1/customers/X/agreements", "GET", CallName.AGREEMENTS, "x"),
        (
            "/v1/customers/X/directSignedMicrosoftCustomerAgreementStatus",
            "GET",
            CallName.DIRECT_SIGNED,
            "x",
        ),
        ("/v1/customers/X", "GET", CallName.CUSTOMER, "x"),
        ("/v1/customers/{id}", "GET", CallName.CUSTOMER, "{id}"),
        ("/V1/CUSTOMERS/x/ValidationStatus", "GET", CallName.ACCOUNT_STATUS, "x"),
        ("/V1/AuditRecords", "GET", CallName.AUDIT_RECORDS, None),
        ("/v1/customers", "GET", CallName.CUSTOMERS, None),
        ("/v1/customers/all/validations", "GET", CallName.VALIDATIONS, None),
        ("/v1/auditrecords", "GET", CallName.AUDIT_RECORDS, None),
    ],
)
def test_each_call_has_its_path(
    path: str, method: str, call: CallName, customer: str | None
) -> None:
    """The service's paths lead to their calls, the customer in lower case."""
    endpoint = find_endpoint(path)
    assert endpoint is not None
    assert (endpoint.methods[method], endpoint.customer_id) == (call, customer)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/customers/{id}/x",
        "/customers",
        "/v1/customers/",
        "/v1/customers//qualifications",
        "/v1/customers/x/kvalifikace",
        "/v1/customers/x/qualifications/Education",
        "/v2/customers",
    ],
)
def test_another_path_leads_nowhere(path: str) -> None:
    """A path that no page documents is no endpoint."""
    assert find_endpoint(path) is None


def test_only_qualifications_take_a_write() -> None:
    """No path but qualifications has a method other than GET, and that one has only POST."""
    paths = ["/v1/customers/x", "/v1/customers", "/v1/customers/x/agreements", "/v1/auditrecords"]
    endpoints = [find_endpoint(path) or Endpoint({}) for path in paths]
    assert {method for endpoint in endpoints for method in endpoint.methods} == {"GET"}


def test_a_guid_is_told_from_other_text() -> None:
    """A GUID is known in any case, and lowered; other text is refused without telling it."""
    assert is_guid(PLAIN.upper())
    assert lower_guid(PLAIN.upper()) == PLAIN
    assert not is_guid(f"{PLAIN}0")
    with pytest.raises(ValueError, match="is no GUID") as refused:
        lower_guid("pasted-secret")
    assert "pasted-secret" not in str(refused.value)


def test_the_readme_has_the_calls() -> None:
    """What a 501 lists, the README of the example with the emulator lists."""
    path = Path(__file__).parents[2] / "examples/every-outcome/README.md"
    readme = path.read_text(encoding="utf-8")
    assert [call for call in KNOWN_CALLS if f"`{call}`" not in readme] == []
