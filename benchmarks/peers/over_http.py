"""jsreport's docx recipe, asked by four clients at once -> how many documents a second, and how long each took."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from benchmarks.peers.processes import jsreport
from benchmarks.peers.templates import values_for
from worker.documents.context import Context

CLIENTS: Final = 4
_WARM_UP_SECONDS: Final = 4.0
_ORDER: Final = {"template": {"engine": "handlebars", "recipe": "docx", "content": ""}}


@dataclass(frozen=True, slots=True)
class Served:
    """What a service did for its clients: answers a second, and milliseconds that one took."""

    per_second: float
    median: float
    p95: float


def served_by_jsreport(context: Context, seconds: float = 10.0) -> Served:
    """Four clients that each ask for the next document once they have the one before.

    Raises:
        MissingPeer: it does not start.
    """
    body = json.dumps(_ORDER | {"data": json.loads(values_for("jsreport", context))}).encode()
    took: list[list[float]] = [[] for _ in range(CLIENTS)]
    with jsreport() as address:
        _ask(address, body, [], time.monotonic() + _WARM_UP_SECONDS)
        end = time.monotonic() + seconds
        clients = [threading.Thread(target=_ask, args=(address, body, mine, end)) for mine in took]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    each = sorted(milliseconds for mine in took for milliseconds in mine)
    return Served(len(each) / seconds, statistics.median(each), each[int(len(each) * 0.95)])


def _ask(address: str, body: bytes, took: list[float], end: float) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    while time.monotonic() < end:
        started = time.perf_counter()
        connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        written = answer.read()
        assert answer.status == http.client.OK, written[:200]
        assert written.startswith(b"PK"), written[:200]
        took.append((time.perf_counter() - started) * 1000)
    connection.close()
