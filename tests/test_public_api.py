"""The library's public names."""

from __future__ import annotations

from types import ModuleType

import pytest

import reconciler


@pytest.mark.parametrize("name", reconciler.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """What `__all__` promises can be had, and none is a module in disguise."""
    assert not isinstance(getattr(reconciler, name), ModuleType)


def test_a_name_that_is_not_public_is_refused() -> None:
    """A misspelt name says so, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'Plann'"):
        reconciler.Plann  # noqa: B018 - the access is the test
