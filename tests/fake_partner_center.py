"""An in-memory Partner Center, an admin and a full disk, for the tests of apply; nobody waits.

It does what the service may do at its worst: a second create of what we created takes effect again,
unless it carries a request id that is honoured. What went wrong so is kept, for a test to look at.
"""

from __future__ import annotations

import asyncio
import resource
from collections import deque
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.applying.creates import NobodyFollows
from reconciler.applying.waits import RetryLimits
from reconciler.configuration.config import Configuration, PartnerCenterSettings
from reconciler.live_state import show_nothing
from reconciler.model.audit import Actor
from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    NotApproved,
    SignInFailed,
    SignInRefused,
    StateError,
    Unavailable,
)
from reconciler.model.plan import Created
from reconciler.model.secret import KnownSecrets
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    CustomerId,
    CustomerSummary,
    LiveQualification,
    Qualification,
    VettingStatus,
)
from reconciler.operations.run import Run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from reconciler.model.audit import AuditRecord
    from reconciler.model.plan import ApplyReport, Create, PlanDocument
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret

AT_ONCE: Final = RetryLimits(first_wait=0, largest_wait=0, settling_waits=(0, 0, 0, 0))

DAWN: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

RIVALS: Final = {
    Qualification.EDUCATION: Qualification.GCC,
    Qualification.GCC: Qualification.EDUCATION,
}


class Killed(BaseException):
    """The process is gone: whoever was waiting never goes on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls one call: `does` something, then raises `error`, before or after the effect."""

    error: BaseException | None = None
    after: bool = False
    does: Callable[[], None] | None = None
    hangs: float = 0
    """Seconds until anything comes of the call."""
    status: int | None = None
    """Of the answer whose body hangs so long; None where not even its head has come."""

    async def hang(self, heard: Callable[[int], None]) -> None:
        if self.status is not None:
            heard(self.status)
        if self.hangs:
            await asyncio.sleep(self.hangs)

    def strike(self) -> None:
        if self.does is not None:
            self.does()
        if self.error is not None:
            # One that was raised before would keep every frame that it went through.
            raise self.error.with_traceback(None)


def before(error: BaseException) -> Fault:
    return Fault(error)


def after(error: BaseException) -> Fault:
    return Fault(error, after=True)


@dataclass(slots=True)
class Entry:
    """One qualification of a customer. The next `hidden` reads see `old` in its place."""

    live: LiveQualification
    hidden: int = 0
    old: LiveQualification | None = None
    ours: bool = False

    def read(self) -> LiveQualification | None:
        if self.hidden == 0:
            return self.live
        self.hidden -= 1
        return self.old


class Became(StrEnum):
    """What whoever sent a POST can know of it."""

    NOTHING = "certainly not"
    DOUBT = "may have"
    ANSWERED = "answered"


DECIDED: Final = (Unavailable, SignInRefused, AppOnlyRefused, SignInFailed)
"""After these it certainly did not happen."""


@dataclass(slots=True)
class Post:
    """One POST. `over` is the date of the denial that it met, `met` what was held then."""

    create: Create
    request_id: str
    over: datetime | None
    met: frozenset[str]
    became: Became = Became.DOUBT
    at_once: int = 1
    """How many POSTs were under way, this one included."""
    taken: bool = False
    """Whether whoever sent it heard a 2xx."""
    read_in_turn: bool = False
    """Whether the customer was read in the very turn of this POST."""

    @property
    def customer_id(self) -> CustomerId:
        return self.create.customer_id

    @property
    def qualification(self) -> Qualification:
        return self.create.qualification

    @property
    def code(self) -> str | None:
        return None if self.create.validation_code is None else self.create.validation_code.reveal()


@dataclass(frozen=True, slots=True)
class Effect:
    """One create that took effect. `over` is the date of the denial that it replaced."""

    customer_id: CustomerId
    qualification: Qualification
    request_id: str
    over: datetime | None
    again: bool
    """True where it was held already: created twice."""


@dataclass(slots=True)
class Lists:
    """What the service tells in lists, or the error instead; it keeps who asked, and when."""

    records: list[AuditRecord] = field(default_factory=list)
    left: dict[Secret, int] = field(default_factory=dict)
    """The creates that codes have left."""
    error: Exception | None = None
    asked: list[object] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)

    def ask(self, question: object) -> None:
        self.asked.append(question)
        self.asked_at.append(asyncio.get_running_loop().time())
        if self.error is not None:
            raise self.error


@dataclass(slots=True)
class FakePartnerCenter:
    """Each call takes the next fault of its script; None, or the script's end, is none."""

    idempotent: bool = True
    lag: int = 0
    """How many reads see the state before each create."""
    codes: dict[str, int] = field(default_factory=dict)
    domains: dict[CustomerId, str] = field(default_factory=dict)
    statuses: dict[CustomerId, str] = field(default_factory=dict)
    entries: dict[CustomerId, dict[str, Entry]] = field(default_factory=dict)
    reads: deque[Fault | None] = field(default_factory=deque)
    checks: deque[Fault | None] = field(default_factory=deque)
    creates: deque[Fault | None] = field(default_factory=deque)
    agreed: set[CustomerId] | None = None
    """Who has a confirmed agreement; None is every customer."""
    posts: list[Post] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    read_ids: list[CustomerId] = field(default_factory=list)
    calls: list[tuple[str, float]] = field(default_factory=list)
    """Each read and each POST, and when it was made by the loop's clock."""
    checked: list[str] = field(default_factory=list)
    lists: Lists = field(default_factory=Lists)
    dead: bool = False
    _read_in_turn: dict[asyncio.Task[object] | None, CustomerId | None] = field(
        default_factory=dict
    )
    _answers: dict[str, Created | CallRefused] = field(default_factory=dict)
    _ticks: int = 0
    _under_way: int = 0

    def now(self) -> datetime:
        """Tell a later instant at each call."""
        self._ticks += 1
        return DAWN + timedelta(milliseconds=self._ticks)

    def put(self, customer_id: CustomerId, *live: LiveQualification) -> None:
        """Let the customer have these: the hand of somebody else, or of vetting."""
        held = self.entries.setdefault(customer_id, {})
        for entry in live:
            held[entry.qualification] = Entry(entry)

    def held(self, customer_id: CustomerId, qualification: str) -> LiveQualification | None:
        """Look without being a read."""
        entry = self.entries.get(customer_id, {}).get(qualification)
        return None if entry is None else entry.live

    def vet(self, customer_id: CustomerId, qualification: str, status: VettingStatus) -> None:
        """Put a vetting decision; it comes with a date of its own and is seen at once."""
        entry = self.entries[customer_id][qualification]
        live = replace(entry.live, vetting_status=status.value, vetting_created=self.now())
        self.entries[customer_id][qualification] = Entry(live, ours=entry.ours)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        self._read_in_turn[task] = None
        try:
            yield
        finally:
            del self._read_in_turn[task]

    async def qualifications(self, customer_id: CustomerId) -> tuple[LiveQualification, ...]:
        if not self.dead:
            self.read_ids.append(customer_id)
            self.calls.append(("read", asyncio.get_running_loop().time()))
        task = asyncio.current_task()
        if task in self._read_in_turn:
            self._read_in_turn[task] = customer_id
        if customer_id not in self.entries:
            raise CustomerNotFound("no such customer")
        # A read that fails takes its time, too: the lag is over as soon.
        found = tuple(
            shown
            for entry in self.entries[customer_id].values()
            if (shown := entry.read()) is not None
        )
        self._strike(await self._turn(self.reads))
        return found

    async def customer_domain(self, customer_id: CustomerId) -> CustomerDomain:
        await self._check("domain")
        return CustomerDomain(self.domains.get(customer_id))

    async def account_status(self, customer_id: CustomerId) -> CustomerAccount:
        await self._check("account status")
        return CustomerAccount(self.statuses.get(customer_id))

    async def customer_agreement(self, customer_id: CustomerId) -> CustomerAgreement:
        await self._check("agreement")
        return CustomerAgreement(
            confirmed=customer_id in (self.entries if self.agreed is None else self.agreed)
        )

    async def customers(self) -> AsyncIterator[CustomerSummary]:
        self.lists.ask("customers")
        for customer_id in self.entries:
            yield CustomerSummary(customer_id, customer_id, None)

    async def audit_records(
        self, since: date, customer_id: CustomerId | None
    ) -> AsyncIterator[AuditRecord]:
        self.lists.ask((since, customer_id))
        for record in self.lists.records:
            if record.at is None or record.at.date() >= since:
                yield record

    async def remaining_creates(self, codes: frozenset[Secret]) -> Mapping[Secret, int]:
        self.lists.ask(codes)
        return self.lists.left

    async def create_qualification(
        self,
        create: Create,
        request_id: str,
        wanted: Callable[[str], bool],
        heard: Callable[[int], None],
    ) -> Created:
        if self.dead:
            raise Killed
        entries = self.entries.get(create.customer_id, {})
        old = entries.get(create.qualification)
        over = old.live.vetting_created if old is not None and old.live.denied else None
        met = frozenset(name for name, entry in entries.items() if entry.live.held)
        post = Post(create, request_id, over, met)

        def note(status: int) -> None:
            post.taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
            heard(status)

        post.read_in_turn = self._took_turn(create.customer_id)
        self._under_way += 1
        post.at_once = self._under_way
        self.posts.append(post)
        self.calls.append(("POST", asyncio.get_running_loop().time()))
        try:
            await asyncio.sleep(0)  # its turn comes later
            if not wanted(f"correlation-{len(self.posts)}"):
                self.posts = [each for each in self.posts if each is not post]
                raise Unavailable("stopped before its turn")
            answer = await self._take(post, note)
        except CallRefused:
            post.became = Became.ANSWERED
            raise
        except DECIDED:
            post.became = Became.NOTHING
            raise
        finally:
            self._under_way -= 1
        post.became = Became.ANSWERED
        return answer

    def _took_turn(self, customer_id: CustomerId) -> bool:
        """Use up the read of this turn: the next POST needs one of its own."""
        task = asyncio.current_task()
        if self._read_in_turn.get(task) != customer_id:
            return False
        self._read_in_turn[task] = None
        return True

    async def _take(self, post: Post, heard: Callable[[int], None]) -> Created:
        script, knows = self.creates, self._knows(post.request_id)
        fault = await self._turn(script, never_refused=knows, heard=heard)
        answer = self._answer(post)
        await asyncio.sleep(0)
        self._strike(fault)
        if isinstance(answer, CallRefused):
            raise answer
        if fault is not None:
            await fault.hang(heard)
        return answer

    def _knows(self, request_id: str) -> bool:
        return self.idempotent and request_id in self._answers

    async def _check(self, name: str) -> None:
        fault = await self._turn(self.checks)
        self.checked.append(name)
        self._strike(fault)

    async def _turn(
        self,
        script: deque[Fault | None],
        *,
        never_refused: bool = False,
        heard: Callable[[int], None] | None = None,
    ) -> Fault | None:
        await asyncio.sleep(0)
        if self.dead:
            raise Killed
        fault = script.popleft() if script else None
        if fault is None or (never_refused and isinstance(fault.error, CallRefused)):
            return None
        if not fault.after:
            fault.strike()
            if heard is not None:
                await fault.hang(heard)
            return None
        return fault

    def _strike(self, fault: Fault | None) -> None:
        if fault is not None:
            fault.strike()

    def _answer(self, post: Post) -> Created | CallRefused:
        if self._knows(post.request_id):
            return self._answers[post.request_id]
        answer = self._refusal(post) or self._effect(post)
        self._answers[post.request_id] = answer
        return answer

    def _refusal(self, post: Post) -> CallRefused | None:
        rival = RIVALS.get(post.qualification)
        if rival is not None and self._holds(post.customer_id, rival):
            return _no("Customer tagging denied.")
        if self._holds(post.customer_id, post.qualification):
            ours = self.entries[post.customer_id][post.qualification].ours
            return None if ours else _no("Somebody else was faster.")
        if post.qualification is Qualification.EDUCATION and post.create.education_segment is None:
            return _no("The segment is missing.")
        if post.qualification is Qualification.GCC and self.codes.get(post.code or "", 0) < 1:
            return _no("The validation code is not valid.")
        return None

    def _holds(self, customer_id: CustomerId, qualification: Qualification) -> bool:
        held = self.held(customer_id, qualification)
        return held is not None and held.held

    def _effect(self, post: Post) -> Created:
        customer_id, qualification = post.customer_id, post.qualification
        old = self.held(customer_id, qualification)
        over = old.vetting_created if old is not None and old.denied else None
        again = self._holds(customer_id, qualification)
        self.effects.append(Effect(customer_id, qualification, post.request_id, over, again))
        live = LiveQualification(qualification.value)
        if qualification is Qualification.EDUCATION:
            status = VettingStatus.IN_REVIEW.value
            live = replace(live, vetting_status=status, vetting_created=self.now())
        if post.code is not None and qualification is Qualification.GCC:
            self.codes[post.code] -= 1
        entries = self.entries.setdefault(customer_id, {})
        entries[qualification.value] = Entry(live, self.lag, old, ours=True)
        return Created(live, "correlation")


def _no(text: str) -> CallRefused:
    return CallRefused(text, answered=Answered(400, "InvalidRequest", text, "correlation"))


@dataclass(slots=True)
class Admin:
    """Answers apply's question, and keeps what was told."""

    answer: bool | NotApproved = True
    asked: int = 0
    shown: list[PlanDocument] = field(default_factory=list)
    reports: list[ApplyReport] = field(default_factory=list)
    kept: list[ApplyReport] = field(default_factory=list)
    keeps: bool = True
    lines: list[str] = field(default_factory=list)

    def show(self, document: PlanDocument) -> None:
        self.shown.append(document)

    def approve(self, _document: PlanDocument) -> bool:
        self.asked += 1
        if isinstance(self.answer, NotApproved):
            raise self.answer
        return self.answer

    def keep(self, report: ApplyReport) -> None:
        if not self.keeps:
            raise StateError("the report can't be written")
        self.kept.append(report)

    def deliver(self, report: ApplyReport) -> None:
        self.reports.append(report)


async def nobody() -> Actor:
    return Actor()


def run_in(  # noqa: PLR0913, PLR0917 - a run has as many sides, and most have a default
    folder: Path,
    service: FakePartnerCenter,
    policy: Policy,
    admin: Admin,
    concurrency: int = 1,
    endpoint: str | None = None,
) -> Run:
    """Make what a verb needs: the fake for a service, its clock, and no waiting."""
    seed = folder / "live.yaml" if endpoint is None else None
    configuration = Configuration(
        path=None,
        folder=folder,
        manifests=(),
        secrets_folder=None,
        state_dir=folder / ".reconciler",
        partner_center=PartnerCenterSettings(
            endpoint=endpoint, emulator=seed, concurrency=concurrency
        ),
        policy=policy,
    )
    return Run(
        configuration=configuration,
        environ={"CONTOSO_CODE": " GCC-4711\n"},
        service=service,
        actor=nobody,
        secrets=KnownSecrets(),
        say=admin.lines.append,
        progress=show_nothing,
        follows=NobodyFollows(),
        now=service.now,
        retry_limits=AT_ONCE,
    )


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
