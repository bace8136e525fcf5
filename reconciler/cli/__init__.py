"""The command line: flags, environment, terminal and exit codes; it decides nothing."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from reconciler.cli.standard_error import drain_stderr, protect_stderr

if TYPE_CHECKING:
    from collections.abc import Sequence

YOUNG_OBJECTS: Final = 100_000
"""Made before the garbage collector looks for cycles: a run of many customers has few of them."""

USAGE: Final = 64
INTERRUPTED: Final = 130
TERMINATED: Final = 143
HUNG_UP: Final = 129


class Terminated(SystemExit):
    """SIGTERM: everything is unwound, nothing catches it but `run`.

    Of the exceptions that a signal's handler could raise, asyncio swallows all but SystemExit and
    KeyboardInterrupt, wherever in its loop they come.
    """


def main() -> NoReturn:
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    _open_closed_streams()
    protect_stderr()
    gc.set_threshold(YOUNG_OBJECTS)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, terminate)
    try:
        return _run_to_code(arguments)
    finally:
        drain_stderr()


def _run_to_code(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _cut_short("interrupted", INTERRUPTED)
    except Terminated:
        return _cut_short("terminated", TERMINATED)
    except BrokenPipeError:
        # The reader of stdout has gone; what is left in the buffer has nowhere to go.
        sys.stdout = None
        return 1
    except OSError as error:
        return _refused_by_system(error)


def _open_closed_streams() -> None:
    """Give a standard stream that was closed from outside a place that takes and holds nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Open to the end of the process, as the stream it stands for would be.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _refused_by_system(error: OSError) -> int:
    """Tell of a full disk or a folder that is gone, where nobody else has words for it."""
    sys.stdout = None  # as above: the buffer may hold what could not be written
    where = f"{error.filename}: " if error.filename else ""
    print(f"error: {where}{error.strerror or error}", file=sys.stderr)  # noqa: T201 - the CLI prints
    return 1


def terminate(_signal: int, _frame: object) -> NoReturn:
    raise Terminated


def _cut_short(how: str, code: int) -> int:
    print(f"{how}: nothing more was sent", file=sys.stderr)  # noqa: T201 - the CLI prints
    return code


def _run(arguments: Sequence[str]) -> int:
    import click  # noqa: PLC0415 - the only import that --help needs

    from reconciler.cli.commands import program  # noqa: PLC0415
    from reconciler.model.errors import ReconcilerError  # noqa: PLC0415

    try:
        result = program.main(list(arguments), prog_name="reconciler", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except Terminated:
        raise
    except SystemExit as end:  # how click ends a completion
        return end.code if isinstance(end.code, int) else 0
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return 1
    except ReconcilerError as error:
        from reconciler.cli.output import show_error  # noqa: PLC0415

        show_error(error)
        return error.exit_code
    return result if isinstance(result, int) else 0
