"""Ctrl-C, SIGTERM and SIGHUP while creates are sent: once, no new ones; twice, leave at once.

What came ignored stays ignored, as `nohup` wants it. A stop is carried out before it is told.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reconciler.applying.stop import StopSignal
from reconciler.cli import HUNG_UP, INTERRUPTED, TERMINATED, Terminated, terminate
from reconciler.cli.output import say
from reconciler.model.errors import NotApproved

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Result = TypeVar("Result")

CODES: Final = {
    signal.SIGINT: INTERRUPTED,
    signal.SIGTERM: TERMINATED,
    signal.SIGHUP: HUNG_UP,
}
NAMES: Final = {
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "SIGTERM",
    signal.SIGHUP: "SIGHUP (the terminal has gone)",
}


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Run as asyncio does. SIGTERM unwinds the work as Ctrl-C does, and raises Terminated."""
    terminated = False

    def on_signal(task: asyncio.Task[object]) -> None:
        nonlocal terminated
        terminated = True
        task.cancel()

    async def cancellable() -> Result:
        task = asyncio.current_task()
        assert task is not None
        if _is_handled(signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, on_signal, task)
        return await work

    result = _run(cancellable(), work)
    if terminated:  # by a signal that came with the last answer: there was nothing left to unwind
        raise Terminated
    return result


def _run(work: Coroutine[Any, Any, Result], within: Coroutine[Any, Any, Result]) -> Result:
    """Run as asyncio does, which leaves no handler behind: a document is still to be written.

    A signal may come before either coroutine has begun: unless it is closed, Python warns of it.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        raise Terminated from None
    finally:
        signal.signal(signal.SIGTERM, before)
        work.close()
        within.close()


class Interrupts:
    """Turns signals into a raised flag. `code` is the exit code once one has come."""

    def __init__(self) -> None:
        self.stop = StopSignal()
        self.code: int | None = None

    @property
    def name(self) -> str:
        """The first signal that came."""
        return next((NAMES[each] for each, code in CODES.items() if code == self.code), "nothing")

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run as asyncio does. Until `watch`, a signal unwinds the work and raises Terminated."""

        async def cancellable() -> Result:
            self._handle_signals(self._on_early_signal)
            return await work

        return _run(cancellable(), work)

    def watch(self) -> None:
        """Let those in flight be settled from now on, for the task that calls."""
        self._handle_signals(self._on_signal)

    def _handle_signals(
        self, handler: Callable[[signal.Signals, asyncio.Task[object]], None]
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for number in filter(_is_handled, CODES):
            loop.add_signal_handler(number, handler, number, task)

    def ask(self, question: str) -> str:
        """Ask on the terminal. A signal is an answer too: no. Raises NotApproved then."""
        handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: terminate}
        before = {
            number: signal.signal(number, handler)
            for number, handler in handlers.items()
            if _is_handled(number)
        }
        try:
            sys.stderr.write(question)
            sys.stderr.flush()
            return sys.stdin.readline()
        except KeyboardInterrupt:
            self.code = INTERRUPTED
        except Terminated:
            self.code = TERMINATED
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        raise NotApproved("interrupted at the question, so nothing was sent", "run again")

    def _on_early_signal(self, number: signal.Signals, task: asyncio.Task[object]) -> None:
        self.code = self.code or CODES[number]
        task.cancel()

    def _on_signal(self, number: signal.Signals, task: asyncio.Task[object]) -> None:
        if self.code is not None:
            task.cancel()
            say(f"{NAMES[number]} again: leaving at once; the journal has what is in flight")
            return
        self.code = CODES[number]
        self.stop.request(f"stopped by {NAMES[number]} before it was sent")
        say(f"{NAMES[number]}: no new creates; those in flight are settled. Again: leave at once")


def _is_handled(number: signal.Signals) -> bool:
    return signal.getsignal(number) is not signal.SIG_IGN
