"""The probes of a pause: when the next one goes."""

from __future__ import annotations

import pytest

from reconciler.partner_center.pause import LONGEST_PAUSE, Pause


def begun(retry_after: float | None = None) -> Pause:
    pause = Pause(0.1)
    pause.begin(0.0, retry_after)
    return pause


def test_probes_come_after_twice_the_time_up_to_a_minute() -> None:
    """A service that says nothing of when to come again is asked ever more seldom."""
    pause, waits = begun(), list[float]()
    for _ in range(12):
        pause.refuse(0.0, None)
        waits.append(pause.next_probe)
    assert waits[:3] == pytest.approx([0.2, 0.4, 0.8])
    assert waits[-1] == LONGEST_PAUSE


def test_no_probe_waits_longer_than_the_service_asks() -> None:
    """Whoever was refused last may have been refused for itself, with a short Retry-After."""
    pause = begun()
    for _ in range(8):
        pause.refuse(0.0, None)
    pause.refuse(100.0, 1.0)
    assert pause.next_probe == 101.0


def test_a_retry_after_that_is_near_is_waited_out_once() -> None:
    """Where it was no true word, the probes double as without one."""
    pause = begun(retry_after=3.0)
    assert pause.next_probe == 3.0
    pause.refuse(3.0, 3.0)
    assert pause.next_probe == 6.0
    assert not pause.promised


def test_a_customers_own_refusal_lengthens_no_pause() -> None:
    """That probe found out nothing: the next one goes soon."""
    pause = begun()
    for _ in range(5):
        pause.refuse(0.0, None)
    pause.ask_another(10.0)
    assert pause.next_probe == pytest.approx(10.1)
    assert pause.failed == 5
