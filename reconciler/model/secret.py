"""Text that must appear nowhere: it can't be printed, pickled or compared in the open."""

from __future__ import annotations

from hmac import compare_digest
from typing import NoReturn


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
