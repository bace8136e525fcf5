"""Receives the body of an answer whole, within a bound that holds before anything is unpacked.

Answers are asked for as they are; one that comes packed once all the same is unpacked, as some
proxies pack whatever passes. One that is packed twice is refused: a bound says nothing of it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class TooLarge(httpx.DecodingError):
    """The answer is larger than any that is due."""


_WINDOW_BITS: Final[Mapping[str, int]] = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


async def receive_body(response: httpx.Response, most_bytes: int) -> bytes:
    """Raises DecodingError for a body that is too large, packed twice or in a way of its own."""
    if response.is_stream_consumed:
        return response.content  # the emulator's, made whole in this very process
    unpack = _unpacking(response.headers)
    body, received = bytearray(), 0
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:
        received += len(chunk)
        if received <= most_bytes:
            body += unpack(chunk, most_bytes + 1 - len(body))
        if max(received, len(body)) > most_bytes:
            raise TooLarge("the answer is larger than any that is due")
    return bytes(body)


def _unpacking(headers: httpx.Headers) -> Callable[[bytes, int], bytes]:
    encodings = [
        each.strip().lower() for each in headers.get_list("content-encoding", split_commas=True)
    ]
    match [each for each in encodings if each not in {"", "identity"}]:
        case []:
            return lambda chunk, _most: chunk
        case [("gzip" | "deflate") as encoding]:
            unpacker = zlib.decompressobj(_WINDOW_BITS[encoding])
        case _:
            raise httpx.DecodingError("the answer is packed twice, or in an unknown way")

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return unpacker.decompress(chunk, most)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    return unpack
