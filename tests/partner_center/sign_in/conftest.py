"""One fake authority for each test that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.partner_center.sign_in.fake_authority import FakeAuthority

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def authority() -> Iterator[FakeAuthority]:
    with FakeAuthority() as fake:
        yield fake
