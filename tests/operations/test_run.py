"""What verbs ask of the world through a run: who is not found is told the way out that is here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.errors import CustomerNotFound, Unavailable
from reconciler.model.policy import Policy
from reconciler.model.state import UnreadableCustomer
from tests.fake_partner_center import Admin, FakePartnerCenter, before, run_in
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from pathlib import Path

GONE: Final = CustomerNotFound("no such customer", "check customerId")
DOWN: Final = Unavailable("nobody is there", "run again later")
SEED: Final = (
    "add it to the embedded emulator's seed, live.yaml, under `customers:` as "
    f"`- id: {CONTOSO}`; or check customerId"
)


@pytest.mark.parametrize(
    ("error", "endpoint", "remedy"),
    [
        (GONE, None, SEED),
        (DOWN, None, DOWN.remedy),
        (GONE, "http://127.0.0.1:8085", GONE.remedy),
    ],
)
def test_a_new_customer_is_to_be_seeded(
    tmp_path: Path, error: CustomerNotFound | Unavailable, endpoint: str | None, remedy: str
) -> None:
    """Offline, whoever isn't found is to be added to the seed, which is named; nowhere else."""
    service = FakePartnerCenter()
    service.put(CONTOSO)
    service.reads.append(before(error))
    run = run_in(tmp_path, service, Policy(), Admin(), endpoint=endpoint)
    state = asyncio.run(run.read_customers([CONTOSO]))[CONTOSO]
    assert isinstance(state, UnreadableCustomer)
    assert state.remedy == remedy
