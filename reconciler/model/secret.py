"""Text that must appear nowhere: it can't be printed, pickled or compared in the open."""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import Final, NoReturn

REDACTED: Final = "***"

_TOKEN: Final = re.compile(r"(?i:bearer)\s+[\w.~+/=-]{16,}|eyJ[\w-]{8,}(\.[\w-]*)*", re.ASCII)
"""A token in the middle of a text, whoever's it is."""


class Secret:
    """A token, client secret or validation code. Only `reveal` gives the text away."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self.__text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__text)

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __reduce__(self) -> NoReturn:
        msg = "a secret can't be pickled"
        raise TypeError(msg)


class KnownSecrets:
    """The secrets that a run holds, so that nothing which others say repeats one.

    It only grows, also in the thread of a sign-in while answers are read.
    """

    __slots__ = ("__patterns",)

    def __init__(self, *secrets: Secret) -> None:
        self.__patterns: dict[str, re.Pattern[str]] = {}
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret | None) -> None:
        """Hold one more; an empty one is none, or every text would be full of it."""
        text = secret.reveal() if secret else ""
        if text and text.casefold() not in self.__patterns:
            # A look-ahead finds what overlaps too.
            pattern = re.compile(f"(?=({re.escape(text)}))", re.IGNORECASE)
            self.__patterns[text.casefold()] = pattern

    def occur_in(self, text: str) -> bool:
        """Whether there may be anything to redact."""
        folded = text.casefold()
        return (
            any(secret in folded for secret in tuple(self.__patterns))
            or _TOKEN.search(text) is not None
        )

    def holds(self, text: str) -> bool:
        """Whether the text is a secret, and nothing else."""
        return text.casefold() in self.__patterns

    def redact(self, text: str) -> str:
        """Leave out every secret, in any case, whole where two overlap, and what looks a token."""
        if not self.occur_in(text):
            return text
        found = sorted(
            match.span(1)
            for each in tuple(self.__patterns.values())
            for match in each.finditer(text)
        )
        kept, at = [], 0
        for start, end in found:
            if start >= at:
                kept += [text[at:start], REDACTED]
            at = max(at, end)
        return _TOKEN.sub(REDACTED, "".join((*kept, text[at:])))

    def __reduce__(self) -> NoReturn:
        msg = "secrets can't be pickled"
        raise TypeError(msg)
