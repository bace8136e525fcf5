"""Puts the access token on requests to Partner Center: one sign-in for all, one renewal on 401.

The token goes to the configured origin only. A read is sent a second time on 401 alone, and never a
third time. A write is never sent again here: whoever sends it looks first, and writes it down.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

from reconciler.model.errors import ReconcilerError, SignInFailed
from reconciler.partner_center.calls import SIGN_IN_RENEWED
from reconciler.partner_center.origin import checked_address, origin_of
from reconciler.partner_center.sign_in.claims import Claims, read_actor, read_claims

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from reconciler.model.audit import Actor
    from reconciler.partner_center.sign_in.token_source import AccessToken, SignIn

_MARGIN = 120.0
"""Seconds before its end that a token is renewed, so that none ends on its way."""

_SHARE = 0.1
"""Of a short-lived token's life, the most that the margin may take."""


class _RenewalState(Enum):
    """Whether a refused token may be exchanged for another one."""

    RENEWABLE = auto()
    ON_TRIAL = auto()
    """It replaced a refused one, and the service has not taken it yet."""
    FINAL = auto()
    """It was refused where its predecessor was (or it came ready): another one helps nobody."""


@dataclass(slots=True)
class _HeldToken:
    token: AccessToken
    renew_at: float
    renewal: _RenewalState
    on_trial_for: str = ""
    """The method that its predecessor was refused to: a read that passes acquits no write."""

    def accepted(self, method: str) -> None:
        if self.renewal is _RenewalState.ON_TRIAL and self.on_trial_for in {method, "GET"}:
            self.renewal = _RenewalState.RENEWABLE


class PartnerCenterAuth(httpx.Auth):
    """For one run and one event loop at a time.

    A sign-in that failed is not tried again: every request ends in the same SignInFailed.
    """

    def __init__(
        self, endpoint: str, sign_in: SignIn, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._origin = origin_of(checked_address(endpoint, "the Partner Center address"))
        self._sign_in = sign_in
        self._clock = clock
        self._held: _HeldToken | None = None
        self._failed: SignInFailed | None = None
        self._sign_in_task: asyncio.Task[None] | None = None

    async def claims(self) -> Claims:
        """Sign in, if that has not been done, and tell what the token says of itself."""
        return read_claims((await self._current()).token.text)

    async def actor(self) -> Actor:
        """Tell who is signed in, as far as the token that is in use says it."""
        return read_actor((await self._current()).token.text)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        self._refuse_elsewhere(request.url)
        held = await self._current()
        response = yield _authorized(request, held)
        if response.status_code != httpx.codes.UNAUTHORIZED:
            held.accepted(request.method)
            return
        newer = await self._replacement_for(held, request.method)
        if newer is held:
            return
        if request.method != "GET":
            response.extensions[SIGN_IN_RENEWED] = True
            return
        response = yield _authorized(_as_another_call(request), newer)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            newer.renewal = _RenewalState.FINAL
        else:
            newer.accepted(request.method)

    def _refuse_elsewhere(self, url: httpx.URL) -> None:
        if origin_of(url) != self._origin:
            scheme, host, _ = self._origin
            raise SignInFailed(
                f"the token for {scheme}://{host} is not sent to {url.scheme}://{url.host}",
                "report this address: the service named it, or a setting is wrong",
            )

    async def _current(self) -> _HeldToken:
        if self._held is None or self._clock() >= self._held.renew_at:
            await self._ensure_signed_in(_RenewalState.RENEWABLE)
        return self._result()

    async def _replacement_for(self, refused: _HeldToken, method: str) -> _HeldToken:
        """The token that came after `refused`, by a sign-in if nobody has made one yet."""
        if self._held is refused and refused.renewal is _RenewalState.RENEWABLE:
            await self._ensure_signed_in(_RenewalState.ON_TRIAL, method)
        return self._result()

    async def _ensure_signed_in(self, renewal: _RenewalState, on_trial_for: str = "") -> None:
        """Wait for the sign-in that is under way, or make one; giving up waiting stops nothing."""
        if self._sign_in_task is None:
            self._sign_in_task = asyncio.create_task(self._run_sign_in(renewal, on_trial_for))
        await asyncio.shield(self._sign_in_task)

    async def _run_sign_in(self, renewal: _RenewalState, on_trial_for: str) -> None:
        try:
            if self._failed is None:
                self._take(await asyncio.to_thread(self._sign_in), renewal, on_trial_for)
        except ReconcilerError as failure:
            self._failed = SignInFailed(failure.message, failure.remedy)
        finally:
            self._sign_in_task = None

    def _take(self, token: AccessToken, renewal: _RenewalState, on_trial_for: str) -> None:
        lifetime = float("inf") if token.lifetime is None else token.lifetime
        renew_at = self._clock() + lifetime - min(_MARGIN, lifetime * _SHARE)
        self._held = _HeldToken(
            token, renew_at, renewal if token.renewable else _RenewalState.FINAL, on_trial_for
        )

    def _result(self) -> _HeldToken:
        if self._failed is not None:
            raise SignInFailed(self._failed.message, self._failed.remedy)
        assert self._held is not None, "a sign-in that didn't fail left a token"
        return self._held


def _as_another_call(request: httpx.Request) -> httpx.Request:
    """A call that is sent again is another call; `MS-RequestId` stays ("REST headers")."""
    request.headers["MS-CorrelationId"] = str(uuid4())
    return request


def _authorized(request: httpx.Request, held: _HeldToken) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {held.token.text.reveal()}"
    return request
