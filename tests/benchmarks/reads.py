"""What reading costs beside a bare asyncio client on the same server, and beside its latency.

Run it by `python -m tests.benchmarks.reads`. The server answers every request after 50 ms; all
have 64 requests in flight. Where `requestsPerMinute` is configured, as in the row that is due, they
are from the start; where it is not, the pace is raised as answers show that it can be. A read's
share of the processor is this process's, the server being another one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from reconciler.live_state import read_customers
from reconciler.model.secret import Secret
from reconciler.model.state import CustomerId
from reconciler.partner_center.client import BearerToken, PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace
from tests.benchmarks.table import Due, Row, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

READS: Final = 10_000
QUICK_READS: Final = 500
ROUNDS: Final = 3
IN_FLIGHT: Final = 64
LATENCY: Final = 0.05
REQUESTS_PER_MINUTE: Final = 120_000
"""More than the latency lets through."""
OF_LATENCY: Final = Due(1.15, at_most=True)
MICROSECONDS_DUE: Final = 500
"""Of the processor, a read."""

SERVER: Final = f"""
import asyncio
BODY = b'[{{"qualification": "Education", "vettingStatus": "Approved"}}]'
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
ANSWER = HEAD % len(BODY) + BODY

async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            await asyncio.sleep({LATENCY})
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


async def ours(address: str, reads: int) -> None:
    await _ours(address, reads, REQUESTS_PER_MINUTE)


async def ours_unconfigured(address: str, reads: int) -> None:
    await _ours(address, reads, None)


async def _ours(address: str, reads: int, requests_per_minute: int | None) -> None:
    signed = BearerToken(Secret("ready-made"), address)
    http = connect(address, auth=signed, concurrency=IN_FLIGHT)
    pace = Pace(IN_FLIGHT, requests_per_minute)
    async with PartnerCenterClient(address=address, http=http, pace=pace) as client:
        await read_customers(client, [customer_id(number) for number in range(reads)], IN_FLIGHT)


async def bare(address: str, reads: int) -> None:
    parts = urlsplit(address)
    numbers = iter(range(reads))

    async def work() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for number in numbers:
            path = f"/v1/customers/{customer_id(number)}/qualifications"
            writer.write(f"GET {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def measure(
    client: Callable[[str, int], Coroutine[None, None, None]], address: str, reads: int
) -> tuple[float, float]:
    """Give the seconds of a run on the clock, and of the processor."""
    started, used = time.perf_counter(), time.process_time()
    await client(address, reads)
    return time.perf_counter() - started, time.process_time() - used


async def compare(reads: int, rounds: int) -> list[tuple[float, float]]:
    """Measure both in turn, on one server; the medians of each."""
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=pipe)
    assert server.stdout is not None
    address = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    try:
        measured = [
            [await measure(client, address, reads) for client in (bare, ours, ours_unconfigured)]
            for _ in range(rounds)
        ]
    finally:
        server.terminate()
        await server.wait()
    return [
        (median(clock for clock, _ in each), median(processor for _, processor in each))
        for each in zip(*measured, strict=True)
    ]


def rows(*, quick: bool) -> Iterator[Row]:
    reads = QUICK_READS if quick else READS
    costs = asyncio.run(compare(reads, 1 if quick else ROUNDS))
    (bare_clock, bare_used), (clock, used), (unconfigured, _) = costs
    limit = reads * LATENCY / IN_FLIGHT
    microseconds = 1e6 * used / reads
    name = f"{reads:,} reads of {LATENCY * 1e3:g} ms, {IN_FLIGHT} in flight"
    cost = f"{clock:.2f} s, {microseconds:.0f} us of the processor a read"
    cheap = (f"under {MICROSECONDS_DUE} us", microseconds < MICROSECONDS_DUE)
    yield Row(name, cost, f"{limit:.2f} s of latency alone", clock / limit, OF_LATENCY, (cheap,))
    peer = f"{bare_clock:.2f} s, {1e6 * bare_used / reads:.0f} us in a bare asyncio client"
    yield Row(name, cost, peer, clock / bare_clock)
    raised = f"{name}, no `requestsPerMinute`"
    yield Row(raised, f"{unconfigured:.2f} s", f"{limit:.2f} s", unconfigured / limit)


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
