"""What verbs ask of the world through a run: who is not found is told the way out that is here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.errors import CustomerNotFound, Unavailable
from reconciler.model.policy import Policy
from reconciler.model.state import CustomerId, UnreadableCustomer
from tests.fake_partner_center import Admin, FakePartnerCenter, before, run_in
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.state import LiveQualification

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


class CountsReads(FakePartnerCenter):
    """Counts how many reads are under way at once, at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.most_begun = 0

    async def qualifications(self, _: CustomerId) -> tuple[LiveQualification, ...]:
        self.begun += 1
        self.most_begun = max(self.most_begun, self.begun)
        await asyncio.sleep(0)
        self.begun -= 1
        return ()


@pytest.mark.parametrize(("endpoint", "begun"), [(None, 4), ("http://127.0.0.1:8085", 40)])
def test_offline_no_more_is_begun_than_has_a_place(
    tmp_path: Path, endpoint: str | None, begun: int
) -> None:
    """The service may ask some customers to be asked later; the embedded emulator asks none."""
    service = CountsReads()
    run = run_in(tmp_path, service, Policy(), Admin(), endpoint=endpoint, concurrency=4)
    asyncio.run(run.read_customers([CustomerId(f"{number}") for number in range(40)]))
    assert service.most_begun == begun
