"""What a bucket and a ceiling let go, to the second."""

from __future__ import annotations

import pytest

from reconciler.partner_center.token_bucket import WINDOW, Ceiling, TokenBucket


@pytest.mark.parametrize("tokens", [3.0, 0.0])
def test_an_emptied_bucket_gives_its_next_token_in_its_time(tokens: float) -> None:
    """Whatever it held; what was owed before stays owed."""
    bucket = TokenBucket(rate=2.0, depth=5.0, tokens=tokens, now=10.0)
    bucket.empty(10.0)
    assert bucket.wait(10.0) == 0.5


@pytest.mark.parametrize(("tokens", "held"), [(1.0, True), (2.0, False)])
def test_a_bucket_tells_whether_it_is_what_holds_back(tokens: float, *, held: bool) -> None:
    """It is where the token taken was the last."""
    assert TokenBucket(rate=1.0, depth=5.0, tokens=tokens, now=0.0).take(0.0) is held


def test_a_ceiling_counts_the_last_requests_alone() -> None:
    """The third waits until the first is a window ago, the fourth for the second."""
    ceiling = Ceiling(2)
    for now in (0.0, 7.0, WINDOW):
        assert ceiling.wait(now) == 0.0
        ceiling.take(now)
    assert ceiling.wait(WINDOW) == 7.0
