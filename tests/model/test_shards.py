"""Every customer is in one shard, and stays in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.shards import Shard, read_shard
from reconciler.model.state import CustomerId
from tests.repositories import customer_id

GUIDS = st.uuids().map(str).map(CustomerId)


@given(GUIDS, st.integers(1, 1000))
def test_every_customer_is_in_exactly_one_shard(customer: CustomerId, count: int) -> None:
    """The parts hold everybody, and nobody twice."""
    holding = [index for index in range(1, count + 1) if Shard(index, count).holds(customer)]
    assert len(holding) == 1


@pytest.mark.parametrize(
    ("customer", "count", "index"),
    [
        ("14876998-c0dc-46e6-9d0c-65a57a6c32ec", 4, 2),
        ("14876998-c0dc-46e6-9d0c-65a57a6c32ec", 7, 4),
        ("2f6c1ad5-7a53-4a1c-8c0a-6a1f0c1d9e02", 4, 3),
    ],
)
def test_a_shard_stays_the_same_for_ever(customer: str, count: int, index: int) -> None:
    """Plans of shards made on other machines, and by other versions, fit together."""
    assert Shard(index, count).holds(CustomerId(customer))


def test_shards_are_of_about_one_size() -> None:
    """Ten thousand customers in eight parts: none is far from its eighth."""
    customers = [CustomerId(customer_id(number)) for number in range(10_000)]
    sizes = [sum(map(Shard(index, 8).holds, customers)) for index in range(1, 9)]
    assert all(1100 < size < 1400 for size in sizes)


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "-1/4", "1", "a/b", "1/4/2", "", "1 /4"])
def test_what_is_no_part_of_a_whole_is_none(text: str) -> None:
    """An index counts from 1 up to the number of parts."""
    assert read_shard(text) is None


def test_index_and_count_are_read() -> None:
    """Zeros before a number change nothing."""
    assert read_shard("02/4") == Shard(2, 4)
