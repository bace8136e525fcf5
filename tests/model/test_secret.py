"""Claims about secrets: only `reveal` gives the text away."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import Create
from reconciler.model.secret import KnownSecrets, Secret
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


JWT = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2ln"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Bearer {JWT} is expired", "*** is expired"),
        (f"token {JWT}", "token ***"),
        ("Authorization: bearer opaque-token-0123456789", "Authorization: ***"),
        ("Use Bearer authentication", "Use Bearer authentication"),
        ("the Ready-Made token", "the *** token"),
        ("ready-made", "***"),
        ("first-2 then first-234, first-2", "*** then ***, ***"),
        ("overfirst-2lap", "***lap"),
        ("first-2first-2", "******"),
        ("aXaXa", "***"),
        ("a.c abc", "*** abc"),
        ("outermost-inner-rest left", "*** left"),
        ("", ""),
    ],
)
def test_known_secrets_are_struck_out(text: str, expected: str) -> None:
    """Whole, in any case, also where one is the beginning of another or two overlap."""
    texts = (
        "first-2",
        "ready-made",
        "first-234",
        "overfirst",
        "",
        "aXa",
        "a.c",
        "outermost-inner-rest",
        "inner",
    )
    secrets = KnownSecrets(*map(Secret, texts))
    assert secrets.redact(text) == expected
    assert secrets.occur_in(text) is (text != expected)


def test_a_secret_added_later_counts() -> None:
    """A code is read, and a token renewed, in the middle of a run."""
    secrets = KnownSecrets()
    assert secrets.redact("code 123456") == "code 123456"
    secrets.add(Secret("123456"))
    assert secrets.redact("code 123456") == "code ***"
    assert [secrets.holds(each) for each in ("123456", "code 123456")] == [True, False]


def test_known_secrets_show_nothing_of_themselves() -> None:
    """Not in a traceback's locals, nor in a pickle."""
    secrets = KnownSecrets(Secret("planted"))
    assert "planted" not in repr(secrets)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(secrets)
