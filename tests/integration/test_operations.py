"""A whole story as production runs it: what an operator sees of it, and that none of it is about a person or a plan."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind, JobState
from service.settings import EXAMPLE
from service.store import Store, migrate, new_id, open_store
from service.store.engine import make_engine
from service.store.tables import jobs
from tests.integration.conftest import Folio
from tests.integration.samples import NOON, append, finish, issued
from tests.integration.servers import Processes, RedisServer, wait_until
from tests.web import Client

WRITTEN = (DocumentKind.WORD, DocumentKind.EXCEL)
PASSWORD = "una-clave-larga-de-prueba"


@dataclass
class Production:
    """Front, worker and reconciler with production's settings, on sockets of this machine."""

    client: Client
    logs: Path
    metrics_port: int

    def lines(self) -> list[dict[str, Any]]:
        """Every line of every program, each of which is an event."""
        texts = [file.read_text("utf-8") for file in sorted(self.logs.glob("*.log"))]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10
        ) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return {
                (sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in families
                for sample in family.samples
            }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def production(sqlite_url: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Production]:
    migrate(sqlite_url)
    port, metrics_port = free_port(), free_port()
    (tmp_path / "logs").mkdir()
    environment = os.environ | {
        "FOLIO_ENV": "production",
        "FOLIO_PUBLIC_URL": "https://localhost",
        "TRUSTED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis_server.url,
        "FOLIO_DATA_DIR": str(tmp_path / "data"),
        "FOLIO_METRICS": f"127.0.0.1:{metrics_port}",
        "REMAP_SIGTERM": "SIGQUIT",
        # Celery warns of whoever runs it as root before it lets anybody say how to log; in production nobody does.
        "PYTHONWARNINGS": "ignore",
    }
    running = Processes(environment, tmp_path / "logs")
    running.start(
        "front",
        *("gunicorn", "service.web.wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"),
        *("--logger-class", "service.web.gunicorn_lines.GunicornLines"),
    )
    running.worker()
    running.reconciler()
    client = Client(port, open_store(sqlite_url))

    def is_ready() -> bool:
        try:
            return bool(client.get("/readyz").json["status"] == "ready")
        except ConnectionError:
            return False

    try:
        wait_until(is_ready, seconds=60, what="Folio was ready")
        yield Production(client.signed_in(), tmp_path / "logs", metrics_port)
    finally:
        client.store.close()
        running.stop()


def texts_of_the_example() -> set[str]:
    """What stands in the cells of the example and could not stand anywhere else."""
    sheets = openpyxl.load_workbook(EXAMPLE).worksheets
    cells = (cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row)
    return {piece for text in cells if isinstance(text, str) for piece in text.splitlines() if len(piece) > 12}


def test_one_id_leads_from_an_upload_to_its_documents_and_nothing_is_said_of_anybody(production: Production) -> None:
    client = production.client
    filename = "plan-de-la-subdireccion-de-ejemplo.xlsx"
    answer = client.upload(EXAMPLE.read_bytes(), filename=filename, kinds="word,excel")
    assert answer.status == 202, answer.text
    request_id, report_id = answer.headers["X-Request-ID"], answer.json["id"]
    # What goes wrong is told too: a workbook that is none, a sign-in that fails, an address that there is not.
    assert client.upload(b"no es un libro", filename=filename).status == 415
    client.as_nobody().post("/entrar", login=client.account.login, password=PASSWORD)
    client.get(f"/verificar/{client.account.login}")
    client.get(f"/entrar/llave/{PASSWORD}")

    def is_done() -> bool:
        return bool(client.get(f"/api/v1/reports/{report_id}").json["state"] == "done")

    wait_until(is_done, seconds=60, what="the documents were written")
    lines = production.lines()

    of_request = [line for line in lines if line.get("request") == request_id]
    assert [line["event"] for line in of_request] == ["an upload was kept", "answered"]
    assert {line["report"] for line in of_request} == {report_id}
    of_report = [line for line in lines if line.get("report") == report_id]
    written = {line["job"]: line["outcome"] for line in of_report if line["program"] == "worker"}
    assert written == {f"{report_id}.{kind.value}": "done" for kind in WRITTEN}
    assert {line["program"] for line in lines} >= {"front", "worker"}
    assert all({"time", "level", "program", "event"} <= set(line) for line in lines)

    told = json.dumps(lines, ensure_ascii=False)
    for secret in (client.account.name, client.account.login, filename, EXAMPLE.name, "127.0.0.1", PASSWORD, "@"):
        assert secret not in told
    assert client.who
    assert client.who.token not in told
    assert [text for text in texts_of_the_example() if text in told] == []


def test_what_breaks_is_told_by_its_place_and_never_by_its_words(
    production: Production, sqlite_url: str, redis_server: RedisServer
) -> None:
    client = production.client
    report_id = client.upload(EXAMPLE.read_bytes(), kinds="word").json["id"]
    redis_server.kill()
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        # The front finds no table where it keeps layouts, and says so of a statement that holds words of a plan.
        connection.execute(sa.text("ALTER TABLE reports RENAME TO elsewhere"))
    engine.dispose()
    assert client.upload(EXAMPLE.read_bytes(), version="9.0").status == 503
    assert client.get("/readyz").status == 503
    found = client.get("/readyz").json
    assert (found["status"], found["database"]) == ("unavailable", "down")
    assert found["problems"][0].startswith("La base de datos no responde")

    lines = production.lines()
    broken = [line for line in lines if "error" in line]
    assert any(line["error"].startswith("StoreUnavailable") and line["at"] for line in broken), broken
    told = json.dumps(lines, ensure_ascii=False)
    assert [text for text in texts_of_the_example() if text in told] == []
    assert report_id


def test_a_prometheus_finds_what_the_queue_did_whoever_did_it(production: Production) -> None:
    client = production.client
    before = production.metrics()
    assert before["folio_database_up", ()] == 1
    assert before["folio_quarantined_jobs", ()] == 0
    report_id = client.upload(EXAMPLE.read_bytes(), kinds="word,excel").json["id"]

    def is_done() -> bool:
        return bool(client.get(f"/api/v1/reports/{report_id}").json["state"] == "done")

    wait_until(is_done, seconds=60, what="the documents were written")
    for _ in range(2):
        # However often it is looked, each job is counted once.
        found = production.metrics()
    for kind in ("word", "excel"):
        of_kind = (("kind", kind),)
        assert found["folio_queue_wait_seconds_count", of_kind] == 1
        assert found["folio_document_bytes_count", of_kind] == 1
        assert found["folio_document_bytes_sum", of_kind] > 5000
        assert found["folio_jobs_ended_total", (("kind", kind), ("state", "done"))] == 1
        assert found["folio_retries_total", of_kind] == 0
        for phase in ("write", "prove"):
            assert found["folio_phase_seconds_sum", (("kind", kind), ("phase", phase))] > 0
    assert found["folio_upload_bytes_sum", ()] == EXAMPLE.stat().st_size
    assert 0 < found["folio_phase_seconds_sum", (("kind", ""), ("phase", "accept"))] < 60
    assert found["folio_libreoffice_starts_total", ()] == 0
    assert {name for name, _ in found} >= {"folio_oldest_wait_seconds", "folio_program_seen_seconds"}
    assert max(value for (name, _), value in found.items() if name == "folio_program_seen_seconds") < 60


def quarantined(store: Store, kind: DocumentKind = DocumentKind.WORD) -> str:
    """A job that broke its worker as often as it may."""
    job_id = append(store, kinds=(kind,)).job_ids[0]
    now = NOON
    for _ in range(5):
        assert store.claim(job_id, new_id(), now, dt.timedelta(seconds=1))
        now += dt.timedelta(seconds=2)
    assert store.quarantine_exhausted(now) == (job_id,)
    return job_id


def test_jobs_are_seen_tried_again_and_released_and_the_log_tells_it(
    folio: Folio, sqlite_store: Store, sqlite_url: str
) -> None:
    poison, other = quarantined(sqlite_store), quarantined(sqlite_store, DocumentKind.EXCEL)
    broken = append(sqlite_store, kinds=(DocumentKind.WORD,)).job_ids[0]
    claim = sqlite_store.claim(broken, new_id(), NOON, dt.timedelta(minutes=1))
    assert claim
    assert sqlite_store.fail(claim, TemplateProblem("La plantilla pide algo que no hay."), NOON)
    waiting = append(sqlite_store, kinds=(DocumentKind.WORD,)).job_ids[0]
    environment = {"DATABASE_URL": sqlite_url}

    listed = folio("jobs", "list", **environment)
    assert listed.stdout.startswith("1 en espera, 0 en curso, 1 fallido, 2 en cuarentena\n")
    assert "La plantilla pide algo que no hay." in listed.stdout
    assert folio("jobs", **environment).stdout == listed.stdout
    as_json = json.loads(folio("jobs", "list", "--state", "cuarentena", "--json", **environment).stdout)
    assert {job["id"] for job in as_json["jobs"]} == {poison, other}

    assert folio("jobs", "release", poison, **environment).stdout == f"Se intentará de nuevo: {poison}\n"
    refused = folio("jobs", "release", broken, **environment)
    assert (refused.returncode, refused.stderr) == (1, f"No está en cuarentena: {broken}\n")
    assert folio("jobs", "retry", broken, **environment).returncode == 0
    assert folio("jobs", "release", **environment).stdout == f"Se intentará de nuevo: {other}\n"
    assert folio("jobs", "release", **environment).stdout == "No hay documentos en cuarentena.\n"
    assert folio("jobs", "list", "--state", "rara", **environment).returncode == 1

    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(jobs.c.id, jobs.c.state, jobs.c.attempts)).all()
    engine.dispose()
    assert {tuple(row) for row in rows} == {(job, "queued", 0) for job in (poison, other, broken, waiting)}
    again = [entry for entry in sqlite_store.audit_entries(limit=3) if entry.details.get("again")]
    assert {entry.subject for entry in again} == {job.partition(".")[0] for job in (poison, other, broken)}
    assert all("terminal" in entry.by for entry in again)
    assert sqlite_store.verify_audit().is_sound


def test_drafts_are_shown_before_they_are_swept_and_none_is_unless_it_is_said(
    folio: Folio, sqlite_store: Store, sqlite_url: str
) -> None:
    kept = issued(sqlite_store)
    draft = append(sqlite_store, content=b"old", kinds=(DocumentKind.WORD,))
    finish(sqlite_store, draft.job_ids[0])
    environment = {"DATABASE_URL": sqlite_url}

    unsaid = folio("drafts", "sweep", "--yes", **environment)
    assert (unsaid.returncode, "FOLIO_KEEP_DRAFTS_DAYS" in unsaid.stderr) == (1, True)
    shown = folio("drafts", "sweep", "--days", "30", **environment)
    assert re.search(rf"{draft.report.id}  III de 2024, v2.0.*\n.*se retirarían con --yes: 1", shown.stdout)
    assert sqlite_store.report(draft.report.id)
    swept = folio("drafts", "sweep", "--yes", **environment | {"FOLIO_KEEP_DRAFTS_DAYS": "30"})
    assert "Borradores retirados: 1" in swept.stdout
    assert sqlite_store.report(draft.report.id) is None
    assert sqlite_store.report(kept.id)
    assert "Borradores retirados: 0" in folio("drafts", "sweep", "--days", "30", "--yes", **environment).stdout


def test_a_folio_that_has_no_data_yet_has_no_jobs_and_no_drafts(folio: Folio, tmp_path: Path) -> None:
    listed = folio("jobs", "list", "--data", tmp_path / "none")
    assert (listed.returncode, listed.stdout) == (0, "0 en espera, 0 en curso, 0 fallido, 0 en cuarentena\n")
    assert folio("drafts", "sweep", "--days", "1", "--data", tmp_path / "none").returncode == 0
    assert not (tmp_path / "none").exists()


def test_the_reconciler_sweeps_by_itself_only_where_days_are_said(sqlite_store: Store, processes: Processes) -> None:
    draft = append(sqlite_store, kinds=(DocumentKind.WORD,))
    finish(sqlite_store, draft.job_ids[0])
    processes.environment["FOLIO_KEEP_DRAFTS_DAYS"] = "30"
    processes.reconciler()
    wait_until(lambda: sqlite_store.report(draft.report.id) is None, seconds=30, what="the old draft was swept")
    assert [job.id for job in sqlite_store.jobs([JobState.DONE])] == []
