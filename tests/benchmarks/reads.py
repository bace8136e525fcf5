"""What reading costs beside a bare asyncio client on the same server, and beside its latency.

Run it by `python -m tests.benchmarks.reads`. The server answers every request after 50 ms; both
clients have 64 requests in flight. The limit is what the latency alone allows. A read's share of
the processor is this process's, the server being another one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final
from urllib.parse import urlsplit

from reconciler.live_state import read_customers
from reconciler.model.secret import Secret
from reconciler.model.state import CustomerId
from reconciler.partner_center.client import BearerToken, PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace

READS: Final = 10_000
IN_FLIGHT: Final = 64
LATENCY: Final = 0.05
LIMIT: Final = READS * LATENCY / IN_FLIGHT

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


async def ours(address: str) -> None:
    signed = BearerToken(Secret("ready-made"), address)
    http = connect(address, auth=signed, concurrency=IN_FLIGHT)
    async with PartnerCenterClient(address=address, http=http, pace=Pace(IN_FLIGHT)) as client:
        await read_customers(client, [customer_id(number) for number in range(READS)], IN_FLIGHT)


async def bare(address: str) -> None:
    parts = urlsplit(address)
    numbers = iter(range(READS))

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


async def measure(title: str, address: str) -> None:
    started, used = time.perf_counter(), time.process_time()
    await (ours if title == "ours" else bare)(address)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    print(
        f"{title:6} {seconds:6.2f} s  {seconds / LIMIT:5.2f} of the limit  "
        f"{1e6 * processor / READS:6.0f} us of the processor a read"
    )


async def main() -> None:
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=pipe)
    assert server.stdout is not None
    address = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    try:
        print(f"{READS} reads, {IN_FLIGHT} in flight, {LATENCY:g} s each: {LIMIT:.2f} s at best")
        for _ in range(2):
            await measure("bare", address)
            await measure("ours", address)
    finally:
        server.terminate()
        await server.wait()


if __name__ == "__main__":
    asyncio.run(main())
