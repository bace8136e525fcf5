"""The journal has every create before it is sent, and a journal in doubt is refused by name."""

from __future__ import annotations

import os
import resource
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.compaction import compact_journal
from reconciler.applying.history import CLOCKS_DIFFER, FRESH, History, read_history
from reconciler.applying.journal import Journal
from reconciler.applying.journal_lines import Found
from reconciler.applying.lock import LOCK_FILE, hold_lock
from reconciler.applying.state_folder import append_line
from reconciler.model.errors import JournalRefused, StateError
from reconciler.model.plan import Outcome, Step, StepKey, Target
from reconciler.model.state import CodeReference, CustomerId, Qualification
from tests.fake_partner_center import room_for
from tests.worlds import CONTOSO, DENIED_ON, FABRIKAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADJUSTMENT: Final = Path("/proc/self/oom_score_adj")
"""It can be opened, but its mode is the kernel's."""

AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HERE: Final = Target("https://api.partnercenter.microsoft.com", "5d4b")
ELSEWHERE: Final = Target("emulator", "5d4b")
STEP: Final = Step(CONTOSO, "contoso", Qualification.EDUCATION)
OTHER: Final = Step(FABRIKAM, "fabrikam", Qualification.SOE)
KEY: Final = STEP.key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def begin(path: Path, run: str = "run-1", digest: str = "sha256:1", at: Target = HERE) -> Journal:
    journal = Journal(path, run)
    journal.started(AT, digest, at)
    return journal


def test_no_journal_is_no_history(path: Path) -> None:
    """Where nothing was written, nothing is open."""
    assert read_history(path, HERE) == History({}, 0, {})


SPELLINGS: Final = {
    "tenant dropped": (HERE, Target(HERE.address)),
    "tenant added": (Target(HERE.address), HERE),
    "another tenant": (HERE, Target(HERE.address, "6e5c")),
    "version": (HERE, Target(f"{HERE.address}/v1")),
    "version and slash": (HERE, Target(f"{HERE.address}/V1/")),
    "case": (HERE, Target(HERE.address.upper())),
    "slash": (HERE, Target(f"{HERE.address}/")),
    "default port": (HERE, Target(f"{HERE.address}:443")),
    "localhost": (Target("http://127.0.0.1:8085"), Target("http://localhost:8085")),
    "::1": (Target("http://127.0.0.1:8085"), Target("http://[::1]:8085/v1")),
}


@pytest.mark.parametrize(("then", "now"), SPELLINGS.values(), ids=SPELLINGS)
def test_another_spelling_frees_nothing(path: Path, then: Target, now: Target) -> None:
    """However address and tenant are spelt, what was sent there is unsettled, and fresh, here."""
    with begin(path, at=then) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.sending(AT, OTHER, "id-2")
        journal.settled(AT, "id-2", Outcome.CREATED)
    history = read_history(path, now)
    assert (set(history.unsettled), history.elsewhere) == ({KEY}, 0)
    assert set(history.freshly_done(AT)) == {OTHER.key}


def test_another_way_to_the_service_frees_nothing(path: Path) -> None:
    """A proxy may lead to the very same service, so what is unsettled there bars here as well."""
    with begin(path, at=Target("https://proxy.example/partner-center")) as journal:
        journal.sending(AT, STEP, "id-1")
    assert set(read_history(path, HERE).unsettled) == {KEY}


def test_what_was_sent_is_unsettled(path: Path) -> None:
    """A create is open from the line before it is sent, with its request id and its plan."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
    history = read_history(path, HERE)
    assert {key: sending.request_id for key, sending in history.unsettled.items()} == {KEY: "id-1"}
    assert history.sent == {"sha256:1": frozenset({KEY})}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.UNKNOWN}))
def test_an_outcome_settles(path: Path, outcome: Outcome) -> None:
    """What ended in any other way than unknown is open no more, but counts as sent."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(AT, "id-1", outcome)
    history = read_history(path, HERE)
    assert history.unsettled == {}
    assert history.sent == {"sha256:1": frozenset({KEY})}


def test_unknown_stays_open(path: Path) -> None:
    """An unknown outcome leaves the create open for the next run, which can settle it."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(AT, "id-1", Outcome.UNKNOWN)
    assert set(read_history(path, HERE).unsettled) == {KEY}
    with begin(path, "run-2") as journal:
        journal.settled(AT, "id-1", Outcome.CREATED)
    assert read_history(path, HERE).unsettled == {}


def test_a_2xx_is_remembered_while_it_is_open(path: Path) -> None:
    """A create that the service took is known as such by the next run, until it is settled."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.accepted(AT, "id-1")
        journal.settled(AT, "id-1", Outcome.UNKNOWN)
    assert read_history(path, HERE).accepted == {"id-1"}
    with begin(path, "run-2") as journal:
        journal.settled(AT, "id-1", Outcome.CREATED)
    assert read_history(path, HERE).accepted == frozenset()


def test_a_repeat_is_the_same_create(path: Path) -> None:
    """A resumed create is written again under its first request id and counts once."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
    with begin(path, "run-2", "sha256:2") as journal:
        journal.sending(AT, STEP, "id-1")
    history = read_history(path, HERE)
    assert len(history.unsettled) == 1
    assert history.sent == {"sha256:1": frozenset({KEY}), "sha256:2": frozenset({KEY})}


@pytest.mark.parametrize("outcome", [Outcome.CREATED, Outcome.ALREADY_PRESENT])
def test_a_create_seen_done_is_kept_while_reads_may_lag(path: Path, outcome: Outcome) -> None:
    """What was just seen done is told, with its request id, until reads can be trusted."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(AT, "id-1", outcome)
    history = read_history(path, HERE)
    assert set(history.freshly_done(AT + timedelta(minutes=59))) == {KEY}
    assert history.freshly_done(AT + FRESH) == {}
    assert not history.is_ahead_of(AT)
    assert read_history(path, ELSEWHERE).freshly_done(AT) == {}


def test_a_line_from_the_future_is_old(path: Path) -> None:
    """What a clock that was ahead wrote is not fresh until that day; it is to be told."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(AT, "id-1", Outcome.CREATED)
    history = read_history(path, HERE)
    before = AT - CLOCKS_DIFFER - timedelta(seconds=1)
    assert history.freshly_done(before) == {}
    assert history.is_ahead_of(before)


def test_clocks_that_differ_by_seconds_are_no_future(path: Path) -> None:
    """Where another machine wrote the line, its clock may be a little ahead: it is fresh."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(AT, "id-1", Outcome.CREATED)
    history = read_history(path, HERE)
    assert set(history.freshly_done(AT - CLOCKS_DIFFER)) == {KEY}
    assert not history.is_ahead_of(AT - CLOCKS_DIFFER)


@pytest.mark.parametrize("found", Found)
def test_a_person_s_word_settles(path: Path, found: Found) -> None:
    """What was seen is done, what is absent is free; also where the service had said a 2xx."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.accepted(AT, "id-1")
        journal.ruled(AT, "id-1", found, "looked")
    history = read_history(path, HERE)
    assert (history.unsettled, history.accepted) == ({}, frozenset())
    assert set(history.freshly_done(AT)) == ({KEY} if found is Found.CREATED else set())


def test_a_resubmission_is_another_create(path: Path) -> None:
    """The same qualification over another denial is told apart, to the microsecond."""
    nearly = DENIED_ON + timedelta(microseconds=1)
    with begin(path) as journal:
        for number, denial in enumerate([None, DENIED_ON, nearly]):
            journal.sending(AT, replace(STEP, resubmit_denial_of=denial), f"id-{number}")
    unsettled = read_history(path, HERE).unsettled
    assert {key.denial: sending.request_id for key, sending in unsettled.items()} == {
        None: "id-0",
        DENIED_ON: "id-1",
        nearly: "id-2",
    }


def test_another_target_is_told_apart(path: Path) -> None:
    """Open creates of another target are counted and not mixed in."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
    with begin(path, "run-2", at=ELSEWHERE) as journal:
        journal.sending(AT, OTHER, "id-2")
    history = read_history(path, HERE)
    assert (set(history.unsettled), history.elsewhere) == ({KEY}, 1)
    assert history.sent == {"sha256:1": frozenset({KEY})}


def test_a_reset_lets_nothing_count(path: Path) -> None:
    """When an emulator went back to its seed, what was sent there is over; elsewhere it isn't."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.sending(AT, OTHER, "id-2")
        journal.settled(AT, "id-2", Outcome.CREATED)
    with begin(path, "run-2", at=ELSEWHERE) as journal:
        journal.sending(AT, STEP, "id-3")
        journal.reset(AT, HERE)
    history = read_history(path, HERE)
    assert history == History({}, 1, {}, latest=AT)
    assert set(read_history(path, ELSEWHERE).unsettled) == {KEY}


STARTED: Final = (
    b'{"event":"started","journal":"reconciler/v1","run":"run-1","at":"2026-01-02T03:04:05Z",'
    b'"planDigest":"sha256:1","address":"emulator","tenantId":null}'
)
SENDING: Final = (
    b'{"event":"sending","run":"run-1","at":"2026-01-02T03:04:05Z","customerId":"c","name":"n",'
    b'"qualification":"Education","denial":null,"requestId":"id-1"}'
)
SETTLED: Final = (
    b'{"event":"settled","run":"run-1","at":"2026-01-02T03:04:05Z","requestId":"id-1",'
    b'"outcome":"created"}'
)
POSTING: Final = (
    b'{"event":"posting","run":"run-1","at":"2026-01-02T03:04:05Z","requestId":"id-1",'
    b'"correlationId":"c-1"}'
)
RULED: Final = (
    b'{"event":"ruled","at":"2026-01-02T03:04:05Z","requestId":"id-1","found":"absent",'
    b'"reason":"looked"}'
)
ENDED: Final = b'{"event":"ended","run":"run-1","at":"2026-01-02T03:04:05Z"}'
WHOLE: Final = (STARTED, SENDING, POSTING, SETTLED, ENDED)


def test_the_lines_are_these(path: Path) -> None:
    """The format on disk stays readable: this journal was written by hand, an old line with it."""
    path.write_bytes(b"".join(line + b"\n" for line in WHOLE))
    history = read_history(path, Target("emulator"))
    assert history.unsettled == {}
    assert set(history.done) == {StepKey(CustomerId("c"), Qualification.EDUCATION)}
    assert history.correlation_ids == {"id-1": ("c-1",)}


def test_the_lines_written_are_these(tmp_path: Path) -> None:
    """What is written is what another version, or a person, will read: not a letter else."""
    step = Step(CustomerId("c"), "n", Qualification.EDUCATION)
    (tmp_path / "journal.jsonl").touch()
    with Journal(tmp_path / "journal.jsonl", "run-1") as journal:
        journal.started(AT, "sha256:1", Target("emulator"))
        journal.sending(AT, step, "id-1")
        journal.posting(AT, "id-1", "c-1")
        journal.settled(AT, "id-1", Outcome.CREATED)
    written = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    absent = b'"educationSegment":null,"website":null,"denial":null'
    assert written == [line.replace(b'"denial":null', absent) for line in WHOLE[:-1]]


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ((b"",), 1),
        ((b"#!/bin/sh",), 1),
        ((b"[]",), 1),
        ((b"{}",), 1),
        ((STARTED, b""), 2),
        ((STARTED, b"\0" * 40), 2),
        ((STARTED, b"\xff\xfe"), 2),
        ((STARTED, SENDING[: len(SENDING) // 2]), 2),
        ((STARTED, SENDING + SETTLED), 2),
        ((STARTED, SENDING.replace(b"sending", b"sent")), 2),
        ((STARTED, SENDING.replace(b'"name":"n",', b"")), 2),
        ((STARTED, SENDING.replace(b'"name":"n"', b'"name":"n","code":"123456"')), 2),
        ((STARTED, SENDING.replace(b"Education", b"Kindergarten")), 2),
        ((STARTED, SENDING.replace(b"05Z", b"05")), 2),
        ((STARTED, SENDING.replace(b"null", b'"yesterday"')), 2),
        ((STARTED, SENDING, SETTLED.replace(b"created", b"fine")), 3),
        ((STARTED.replace(b"reconciler/v1", b"reconciler/v2"),), 1),
        ((SENDING,), 1),
        ((STARTED, SENDING.replace(b"run-1", b"run-0")), 2),
        ((STARTED, SETTLED), 2),
        ((STARTED, POSTING), 2),
        ((STARTED, RULED), 2),
        ((STARTED, SENDING, RULED, SETTLED), 4),
        ((STARTED, SENDING, SETTLED, SETTLED), 4),
        ((ENDED,), 1),
    ],
)
def test_a_journal_in_doubt_is_refused(path: Path, lines: tuple[bytes, ...], number: int) -> None:
    """Each is refused with its file and line and the way out, and stays as it was."""
    content = b"".join(line + b"\n" for line in lines)
    path.write_bytes(content)
    with pytest.raises(JournalRefused) as refused:
        read_history(path, HERE)
    assert f"{path} can't be trusted: line {number} " in refused.value.message
    assert "`reconciler journal`" in refused.value.remedy
    assert "nothing was sent" in refused.value.remedy
    assert path.read_bytes() == content


@pytest.mark.parametrize("cut", [1, 30, len(ENDED)])
def test_a_torn_end_is_refused(path: Path, cut: int) -> None:
    """A last line without its end is never guessed over, even if it would make sense."""
    path.write_bytes(STARTED + b"\n" + SENDING + b"\n" + ENDED[:cut])
    with pytest.raises(JournalRefused, match="line 3 is cut off"):
        read_history(path, HERE)


def test_a_refusal_does_not_repeat_the_line(path: Path) -> None:
    """What stands in a foreign file isn't printed: it could be a secret."""
    path.write_bytes(b"hunter2\n")
    with pytest.raises(JournalRefused) as refused:
        read_history(path, HERE)
    assert "hunter2" not in f"{refused.value.message}{refused.value.remedy}"
    assert refused.value.__cause__ is None


def test_what_is_no_file_is_refused(path: Path) -> None:
    """A folder in the journal's place is told, for reading and for writing."""
    path.mkdir()
    with pytest.raises(JournalRefused, match="can't be read"):
        read_history(path, HERE)
    with pytest.raises(StateError, match="can't be written"):
        Journal(path, "run-1")


def test_the_journal_is_the_owners_alone(path: Path) -> None:
    """The file is 0600, whatever the umask, and also where it was there with more or less."""
    for mode in (0o644, 0o200):
        path.touch()
        path.chmod(mode)
        Journal(path, "run-1").__exit__()
        assert path.stat().st_mode & 0o777 == 0o600


def test_it_holds_no_code(path: Path) -> None:
    """A GCC create is written without its code and without where the code is."""
    code = CodeReference(env="CONTOSO_CODE")
    gcc = Step(CONTOSO, "contoso", Qualification.GCC, validation_code_from=code)
    with begin(path) as journal:
        journal.sending(AT, gcc, "id-1")
    assert b"CODE" not in path.read_bytes()


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_leaves_the_journal_whole(path: Path, room: int) -> None:
    """A line that doesn't fit is taken back: StateError, and what was there can still be read."""
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        content = path.read_bytes()
        with room_for(len(content) + room), pytest.raises(StateError, match="can't be written"):
            journal.sending(AT, OTHER, "id-2")
        assert path.read_bytes() == content
        journal.settled(AT, "id-1", Outcome.CREATED)
    assert read_history(path, HERE).unsettled == {}


@contextmanager
def room_for_one_more_file() -> Iterator[None]:
    """Let the process open one more file, and no second one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(os.devnull) as _, open(os.devnull) as second:  # noqa: PTH123 - no path of a test's
        resource.setrlimit(resource.RLIMIT_NOFILE, (second.fileno(), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_folder_is_flushed_before_anything_is_sent(path: Path) -> None:
    """Where the folder can't be opened to be flushed, the journal's name may be lost."""
    path.touch()
    with room_for_one_more_file(), pytest.raises(StateError, match="Too many open files"):
        Journal(path, "run-1")


def test_a_line_that_can_not_be_flushed_to_disk_is_not_written() -> None:
    """A pipe takes the line, but has no disk that it could be flushed to."""
    reader, writer = os.pipe()
    with FileIO(reader), FileIO(writer, "wb") as file, pytest.raises(OSError, match="Invalid"):
        append_line(file, b"line\n")


def test_a_pipe_is_refused_by_name(path: Path) -> None:
    """A pipe in the journal's place is neither waited for nor written to, and it is named."""
    os.mkfifo(path)
    with pytest.raises(JournalRefused, match=f"{path} can't be read: it is no regular file"):
        read_history(path, HERE)
    with pytest.raises(StateError, match=f"{path} can't be written: it is no regular file"):
        Journal(path, "run-1")


def test_a_link_is_refused_by_name(path: Path) -> None:
    """What a link in the journal's place leads to is neither read, written nor made private."""
    other = path.with_name("other")
    other.write_bytes(b"")
    other.chmod(0o644)
    path.symlink_to(other)
    with pytest.raises(JournalRefused, match=f"{path} can't be read: it is a link"):
        read_history(path, HERE)
    with pytest.raises(StateError, match=f"{path} can't be written: it is a link"):
        Journal(path, "run-1")
    assert (other.read_bytes(), other.stat().st_mode & 0o777) == (b"", 0o644)


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent)


def _replace_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("away"))
    shutil.copytree(path.parent.with_name("away"), path.parent)


def _replace_file(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("meddle", [_remove, _replace_folder, _replace_file, Path.unlink])
def test_a_journal_that_is_gone_takes_no_line(
    tmp_path: Path, meddle: Callable[[Path], None]
) -> None:
    """Once folder or journal is removed or replaced, no line is written: nothing may be sent."""
    path = tmp_path / "state" / "journal.jsonl"
    with hold_lock(path.parent, AT) as held, Journal(path, "run-1", held) as journal:
        journal.started(AT, "sha256:1", HERE)
        meddle(path)
        with pytest.raises(StateError, match="removed or replaced"):
            journal.sending(AT, STEP, "id-1")


def test_a_lock_that_is_gone_takes_no_line(tmp_path: Path) -> None:
    """Whoever removes the lock lets another apply in."""
    path = tmp_path / "journal.jsonl"
    with hold_lock(tmp_path, AT) as held, Journal(path, "run-1", held) as journal:
        (tmp_path / LOCK_FILE).unlink()
        with pytest.raises(StateError, match=f"{LOCK_FILE} was removed or replaced"):
            journal.started(AT, "sha256:1", HERE)


def test_a_journal_that_appears_is_not_ours(tmp_path: Path) -> None:
    """One that was not there when the lock was taken has lines that nobody has read."""
    path = tmp_path / "journal.jsonl"
    with hold_lock(tmp_path, AT) as held:
        path.touch()
        with pytest.raises(StateError, match="removed or replaced"):
            Journal(path, "run-1", held)


@pytest.mark.skipif(not ADJUSTMENT.exists(), reason="only Linux has such a file")
def test_a_file_that_can_not_be_made_ours_is_told() -> None:
    """A journal that other accounts may write is StateError, and nothing stays open."""
    with pytest.raises(StateError, match="can't be written"):
        Journal(ADJUSTMENT, "run-1")


def test_what_the_audit_log_settled_is_fresh_from_then(path: Path) -> None:
    """No read showed it yet: it is awaited for as long as one that was created just then."""
    late = AT + timedelta(hours=5)
    with begin(path) as journal:
        journal.sending(AT, STEP, "id-1")
        journal.settled(late, "id-1", Outcome.CREATED, "c-1")
    compact_journal(path, late)
    history = read_history(path, HERE)
    assert (history.unsettled, set(history.freshly_done(late))) == ({}, {STEP.key})
