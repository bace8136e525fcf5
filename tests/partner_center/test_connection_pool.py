"""Connections side by side: kept for reads, fresh for writes, their places free again."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from reconciler.partner_center.connection import connect
from reconciler.partner_center.connection_pool import ConnectionPool
from tests.partner_center.raw_service import DROPPED, RawService, raw_service, replies, reply

ADDRESS = "https://api.partnercenter.microsoft.com"


def client_of(service: RawService, concurrency: int) -> httpx.AsyncClient:
    """Any client of httpx, over the connections that are ours."""
    way = connect(service.address, auth=None, concurrency=concurrency)
    return httpx.AsyncClient(transport=way)


async def gets(service: RawService, number: int, concurrency: int) -> list[object]:
    async with client_of(service, concurrency) as client:
        requests = (client.get(service.address) for _ in range(number))
        return list(await asyncio.gather(*requests, return_exceptions=True))


def test_connections_are_kept_and_bounded() -> None:
    """Forty requests at most four at a time take four connections."""

    async def run() -> tuple[int, int]:
        async with raw_service(replies(reply(200, []))) as service:
            await gets(service, 40, concurrency=4)
            return service.connections, len(service.heard)

    assert asyncio.run(run()) == (4, 40)


def test_a_post_goes_over_a_fresh_connection() -> None:
    """A connection kept alive may just be closed at the other end: that would be a doubt."""

    async def run() -> list[int]:
        async with raw_service(replies(reply(200, []))) as service:
            used = []
            async with client_of(service, 1) as client:
                for method in ("GET", "GET", "POST", "POST", "GET"):
                    await client.request(method, service.address)
                    used.append(service.connections)
            return used

    assert asyncio.run(run()) == [1, 1, 2, 3, 3]


def test_a_connection_that_broke_is_replaced() -> None:
    """After a dropped answer its place is free again, and the next request goes through."""

    async def run() -> list[object]:
        async with raw_service(replies(DROPPED, reply(200, []))) as service:
            return await gets(service, 3, concurrency=1)

    first, *rest = asyncio.run(run())
    assert isinstance(first, httpx.RemoteProtocolError)
    assert [isinstance(each, httpx.Response) for each in rest] == [True, True]


def test_a_request_that_is_cancelled_frees_its_place() -> None:
    """Whether it waits for a place or for its answer, a cancelled request blocks nobody."""

    async def run() -> int:
        slow = replies(reply(200, []), reply(200, []))
        async with raw_service(slow) as service, client_of(service, 1) as client:
            tasks = [asyncio.create_task(client.get(service.address)) for _ in range(3)]
            await asyncio.sleep(0)
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return (await client.get(service.address)).status_code

    assert asyncio.run(run()) == 200


def test_a_connection_that_cannot_be_made_up_frees_its_place() -> None:
    """Whatever fails before a request has its connection, the next request has its chance."""
    given: list[httpx.AsyncBaseTransport | OSError] = [OSError("no certificates"), Said()]

    def make() -> httpx.AsyncBaseTransport:
        made = given.pop(0)
        if isinstance(made, OSError):
            raise made
        return made

    async def run() -> int:
        pool = ConnectionPool(make, make, concurrency=1)
        async with httpx.AsyncClient(transport=pool) as client:
            with pytest.raises(OSError, match="no certificates"):
                await client.get(ADDRESS)
            return (await client.get(ADDRESS)).status_code

    assert asyncio.run(run()) == 204


class Said(httpx.AsyncBaseTransport):
    """Answers 204 to everything."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(204, request=request)
