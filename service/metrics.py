"""The job rows -> numbers for an operator's Prometheus, on a port of their own that is not for the public.

The reconciler serves them, and it alone: it is one process beside however many fronts and workers, and everything that
is worth counting stands in the database that it looks at anyway. How the queue stands is asked at each scrape. How
long jobs waited and took, what they weigh and how often they were tried is read of each job once, when it has come to
its end, and added up here: so the numbers are true whichever machine did the work, however often a worker was killed
meanwhile, and nobody but this process holds counters that a dead process takes along. A new reconciler begins at zero,
as Prometheus expects of counters. Two of them would each tell the whole.

(The client's way for several processes was weighed: a folder of mapped files in every container, a port in every one,
and a file left behind by each process that is killed or replaced.)

No number says anything of a person, an office or a plan.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from service.domain.errors import StoreUnavailable
from service.domain.reports import JobState
from service.store import MeasuredJob, MeasuredUpload, Store

# A job or upload may be told by its row a little later than by its instant: it is looked for again for so long.
_COMES_LATE: Final = dt.timedelta(minutes=2)

_MOST_AT_ONCE: Final = 20_000

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_BYTES: Final = tuple(1024 * 4**power for power in range(2, 9))


class Gathered:
    """What is told at each scrape; a collector of the Prometheus client."""

    def __init__(self, registry: CollectorRegistry, store: Store, clock: Callable[[], dt.datetime]) -> None:
        self._store = store
        self._clock = clock
        # What came to its end before this process began was another's to count.
        self._began = self._since = clock()
        self._seen: dict[str, dt.datetime] = {}
        # Two scrapes at once would both count what is new.
        self._turn = threading.Lock()
        self._waited = Histogram(
            "folio_queue_wait_seconds",
            "From asking for a document to the beginning of its first try.",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._phases = Histogram(
            "folio_phase_seconds",
            "What a phase of a document took: write, convert (LibreOffice) or prove; accept is an upload's.",
            ["phase", "kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._document_bytes = Histogram(
            "folio_document_bytes", "What documents weigh.", ["kind"], buckets=_BYTES, registry=registry
        )
        self._upload_bytes = Histogram(
            "folio_upload_bytes", "What uploads weigh that were kept.", buckets=_BYTES, registry=registry
        )
        self._ended = Counter(
            "folio_jobs_ended", "Jobs that came to their end: done, failed or quarantined.", ["kind", "state"],
            registry=registry,
        )  # fmt: skip
        self._retries = Counter(
            "folio_retries", "Tries beyond the first, of jobs that came to their end.", ["kind"], registry=registry
        )
        self._office_starts = Counter(
            "folio_libreoffice_starts", "How often LibreOffice had to be started.", registry=registry
        )
        # There from the beginning, so that an alarm on it works before the first one.
        for state in JobState:
            if state.is_final:
                self._ended.labels("word", state.value)
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """How the queue stands now. What ended since the last scrape is counted along the way."""
        is_up = GaugeMetricFamily("folio_database_up", "Whether the database answered this scrape.")
        try:
            found = self._asked()
        except StoreUnavailable:
            is_up.add_metric([], 0)
            return [is_up]
        is_up.add_metric([], 1)
        return [is_up, *found]

    def _asked(self) -> list[Metric]:
        now = self._clock()
        with self._turn:
            self._count_what_is_new(now)
        queue = self._store.queue_state(now)
        jobs = GaugeMetricFamily("folio_jobs", "Jobs that are not done, by state.", labels=["kind", "state"])
        for (kind, state), number in sorted(queue.counts.items()):
            jobs.add_metric([kind.value, state.value], number)
        waits = GaugeMetricFamily("folio_oldest_wait_seconds", "For how long the job that is longest due has waited.")
        waits.add_metric([], (now - queue.waiting_since).total_seconds() if queue.waiting_since else 0)
        quarantined = GaugeMetricFamily("folio_quarantined_jobs", "Jobs that a person has to look at.")
        in_quarantine = (number for (_, state), number in queue.counts.items() if state is JobState.QUARANTINED)
        quarantined.add_metric([], sum(in_quarantine))
        seen = GaugeMetricFamily(
            "folio_program_seen_seconds", "Seconds since a program was last well.", labels=["name", "host"]
        )
        for program in self._store.programs():
            seen.add_metric([program.name, program.host], (now - program.seen_at).total_seconds())
        return [jobs, waits, quarantined, seen]

    def _count_what_is_new(self, now: dt.datetime) -> None:
        since = self._since - _COMES_LATE
        for upload in self._store.kept_since(since):
            if self._is_new(f"upload {upload.report_id}", upload.kept_at):
                self._count_upload(upload)
        ended = self._store.finished_since(since, _MOST_AT_ONCE)
        for job in ended:
            # A job that is tried again by a person ends again.
            if self._is_new(f"job {job.id} {job.finished_at.isoformat()}", job.finished_at):
                self._count_job(job)
        # The rest comes with the next scrape.
        self._since = ended[-1].finished_at if len(ended) == _MOST_AT_ONCE else now
        self._seen = {what: at for what, at in self._seen.items() if at > self._since - 2 * _COMES_LATE}

    def _is_new(self, what: str, at: dt.datetime) -> bool:
        if what in self._seen or at <= self._began:
            return False
        self._seen[what] = at
        return True

    def _count_upload(self, upload: MeasuredUpload) -> None:
        self._upload_bytes.observe(upload.size)
        self._phases.labels("accept", "").observe((upload.kept_at - upload.received_at).total_seconds())

    def _count_job(self, job: MeasuredJob) -> None:
        kind = job.kind.value
        self._ended.labels(kind, job.state.value).inc()
        self._retries.labels(kind).inc(max(0, job.attempts - 1))
        if job.claimed_at is not None:
            self._waited.labels(kind).observe((job.claimed_at - job.asked_at).total_seconds())
        if job.size is not None:
            self._document_bytes.labels(kind).observe(job.size)
        if job.took is not None:
            self._office_starts.inc(job.took.office_starts)
            for phase, seconds in (("write", job.took.write), ("prove", job.took.prove), ("convert", job.took.convert)):
                if seconds:
                    self._phases.labels(phase, kind).observe(seconds)


def serve_metrics(host: str, port: int, store: Store, clock: Callable[[], dt.datetime]) -> int:
    """Answer scrapes at that address from now on, in threads of their own; the port, for who asked for any (0)."""
    registry = CollectorRegistry()
    Gathered(registry, store, clock)
    server, _thread = start_http_server(port, addr=host, registry=registry)
    return int(server.server_port)
