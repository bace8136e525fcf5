"""Where a refresh token comes from and where its successor goes: a file, or a variable.

A source is held over read, exchange and write. It refuses before the exchange what it could not
keep after it, and keeps the successor before anyone uses the access token that came with it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.secret_file import locked, read_token, replacement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from reconciler.model.secret import Secret


@dataclass(frozen=True, slots=True)
class HeldRefreshToken:
    token: Secret
    keep: Callable[[Secret], None]
    """Called with the successor, at most once."""


class RefreshTokenSource(Protocol):
    def held(self) -> AbstractContextManager[HeldRefreshToken]: ...


@dataclass(frozen=True, slots=True)
class RefreshTokenFile:
    """PARTNER_CENTER_REFRESH_TOKEN_FILE: written back to where the link points, mode 0600."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[HeldRefreshToken]:
        target = self._target()
        with locked(target), replacement_of(target) as replacement:
            token = read_token(target)
            if isinstance(token, str):
                raise self._unusable(token)
            yield HeldRefreshToken(token, replacement.put)

    def _target(self) -> Path:
        try:
            return self.path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "its link leads nowhere"
            raise self._unusable(f"can't be read: {reason}") from None

    def _unusable(self, reason: str) -> SignInFailed:
        return SignInFailed(
            f"the refresh token file {self.path} {reason}",
            "let PARTNER_CENTER_REFRESH_TOKEN_FILE name a file with the refresh token in it",
        )


@dataclass(slots=True)
class RefreshTokenVariable:
    """PARTNER_CENTER_REFRESH_TOKEN: a variable can't be written back, so `out` takes the successor.

    Without `out`, `warn` is told once that the successor ends with this run.
    """

    token: Secret
    out: Path | None
    warn: Callable[[str], None]
    warned: bool = False

    @contextmanager
    def held(self) -> Iterator[HeldRefreshToken]:
        if self.out is None:
            yield HeldRefreshToken(self.token, self._keep_for_this_run)
            return
        target = self.out.resolve()
        with locked(target), replacement_of(target) as replacement:

            def keep(successor: Secret) -> None:
                self.token = successor
                replacement.put(successor)

            yield HeldRefreshToken(self.token, keep)

    def _keep_for_this_run(self, successor: Secret) -> None:
        self.token = successor
        if not self.warned:
            self.warned = True
            self.warn(
                "the new refresh token isn't kept: the one in PARTNER_CENTER_REFRESH_TOKEN expires "
                "about 90 days after it was issued; save the new one with --refresh-token-out "
                "FILE, or use PARTNER_CENTER_REFRESH_TOKEN_FILE"
            )
