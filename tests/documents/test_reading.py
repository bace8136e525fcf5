"""Whatever holds a document is read to its end."""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

from reconciler.documents.reading import read_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pipe_without_a_writer_is_empty(tmp_path: Path) -> None:
    """It may never get one, so none is waited for."""
    os.mkfifo(tmp_path / "pipe")
    assert read_whole(tmp_path / "pipe") == b""


def test_a_pipe_that_is_still_written_to_is_read_to_its_end(tmp_path: Path) -> None:
    """`show <(program)`: more comes than a pipe holds, so that the writer has to be waited for."""
    pipe, written = tmp_path / "pipe", b"x" * 1_000_000
    os.mkfifo(pipe)
    first_reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # without one, no writer may come
    writer = os.open(pipe, os.O_WRONLY)

    def write() -> None:
        with os.fdopen(writer, "wb") as stream:
            stream.write(written)

    thread = Thread(target=write)
    thread.start()
    try:
        read = read_whole(pipe)
    finally:
        os.close(first_reader)
        thread.join()
    assert read == written
