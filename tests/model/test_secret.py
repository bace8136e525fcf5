"""Claims about secrets: only `reveal` gives the text away."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import Create
from reconciler.model.secret import Secret
from reconciler.model.state import Qualification
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT: Final = "908172-planted"
SECRET: Final = Secret(TEXT)


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET} {SECRET!r} {SECRET!s:>20}",
        f"{SECRET:>10}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031 - loggers format like this
        repr([SECRET]),
        repr({"code": SECRET}),
        str(Create(CONTOSO, Qualification.GCC, validation_code=SECRET)),
    ],
)
def test_never_shown(shown: str) -> None:
    """No way of formatting shows the text."""
    assert TEXT not in shown
    assert "***" in shown


def test_reveal() -> None:
    """`reveal` gives the text."""
    assert SECRET.reveal() == TEXT


@pytest.mark.parametrize("keep", [pickle.dumps, json.dumps, copy.copy, copy.deepcopy])
def test_never_kept(keep: Callable[[object], object]) -> None:
    """It can't be pickled, written as JSON or copied, and the refusal does not tell it."""
    with pytest.raises(TypeError) as refused:
        keep(SECRET)
    assert TEXT not in "".join(traceback.format_exception(refused.value))


def test_compares() -> None:
    """Secrets are equal by their text, and equal to nothing else."""
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TEXT


def test_format_aligns_the_mask() -> None:
    """A format aligns what is shown, not what is hidden."""
    assert f"{SECRET:>5}" == "  ***"


def test_empty() -> None:
    """An empty secret is false."""
    assert not Secret("")
    assert SECRET
