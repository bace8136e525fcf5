"""What every test may use: the flag that writes golden files and transcripts anew."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.cli.warm import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure() -> None:
    # A shell's background job, as CI may be, starts with SIGINT ignored, one under nohup with
    # SIGHUP, and so would every program that the tests start: an inherited "ignored" is kept.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # How long an example takes is the machine's business, and no claim of ours.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _warm_process() -> Iterator[None]:
    """End it with the last test, before the coverage that it measured is counted."""
    with ENDING:
        yield


FIRST = (
    "test_the_first_command_works_on_a_bare_machine",
    "test_nothing_is_created_twice_and_nothing_is_lost",
)
"""Tests that take longest, and mostly wait: begun first, so that the rest runs beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.name not in FIRST)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh-golden",
        action="store_true",
        help="write the golden files and the README's transcripts anew",
    )
