"""`folio backup`, `folio restore` and `folio verify`, as programs, on both databases."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from service.seals import secret_in
from service.store import open_store
from service.store.copies import _plain
from tests.integration.conftest import Folio
from tests.integration.samples import fill, rows_of

OFFICE = 'dependencias = ["Dependencia de Ejemplo"]\n'


@pytest.fixture
def data(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A folder of data with something of everything."""
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.copy(migrated_sqlite, folder / "folio.db")
    secret_in(folder / "secret")
    with closing(open_store(f"sqlite:///{folder}/folio.db")) as store:
        fill(store)
    return folder


def test_a_copy_that_is_restored_is_the_same_folio(folio: Folio, data: Path, tmp_path: Path) -> None:
    copied = folio("backup", "--out", "copia.tar.gz", "--data", data)
    assert (copied.returncode, copied.stderr) == (0, "")
    assert "la base de datos" in copied.stdout
    assert "el secreto de los códigos" in copied.stdout
    assert stat.S_IMODE((tmp_path / "copia.tar.gz").stat().st_mode) == 0o600, "the secret is in it"

    restored = folio("restore", "copia.tar.gz", "--data", "otra")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert f"folio verify --data {tmp_path / 'otra'}" in restored.stdout
    verified = folio("verify", "--data", "otra")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "Nada falta ni cambió" in verified.stdout
    assert (tmp_path / "otra" / "secret").read_bytes() == (data / "secret").read_bytes()
    for table in ("audit", "blobs", "jobs", "reports", "issued", "accounts"):
        assert rows_of(f"sqlite:///{tmp_path}/otra/folio.db", table) == rows_of(f"sqlite:///{data}/folio.db", table)
    assert [path.name for path in tmp_path.glob(".folio-*")] == []
    assert sorted(path.name for path in (tmp_path / "otra").iterdir()) == ["folio.db", "secret"]


def test_a_copy_names_the_sums_of_its_files_and_holds_the_offices(folio: Folio, data: Path, tmp_path: Path) -> None:
    office = tmp_path / "mi-oficina.toml"
    office.write_text(OFFICE, "utf-8")
    copied = folio("backup", "--out", "copia.tar.gz", "--data", data, FOLIO_OFFICE_FILE=str(office))
    assert copied.returncode == 0, copied.stderr
    with tarfile.open(tmp_path / "copia.tar.gz") as archive:
        archive.extractall(tmp_path / "dentro", filter="data")
    told = dict(
        reversed(line.split("  ")) for line in (tmp_path / "dentro" / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    assert sorted(told) == ["folio.db", "folio.json", "oficina.toml", "secret"]
    for name, sha256 in told.items():
        assert hashlib.sha256((tmp_path / "dentro" / name).read_bytes()).hexdigest() == sha256

    assert folio("restore", "copia.tar.gz", "--data", "otra").returncode == 0
    assert (tmp_path / "otra" / "oficina.toml").read_bytes() == office.read_bytes()


def test_nothing_that_is_there_is_replaced(folio: Folio, data: Path, tmp_path: Path) -> None:
    (tmp_path / "copia.tar.gz").write_text("otra cosa")
    refused = folio("backup", "--out", "copia.tar.gz", "--data", data)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "ya existe y no se cambió" in refused.stderr
    assert (tmp_path / "copia.tar.gz").read_text() == "otra cosa"

    assert folio("backup", "--out", "buena.tar.gz", "--data", data).returncode == 0
    refused = folio("restore", "buena.tar.gz", "--data", data)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no está vacía" in refused.stderr


@pytest.mark.parametrize("place", [0.2, 0.6, 0.99])
def test_a_damaged_copy_is_refused_and_leaves_nothing_behind(
    folio: Folio, data: Path, tmp_path: Path, place: float
) -> None:
    assert folio("backup", "--out", "copia.tar.gz", "--data", data).returncode == 0
    content = bytearray((tmp_path / "copia.tar.gz").read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    for damaged in (bytes(content), bytes(content[: int(len(content) * place)]), b"no copy at all"):
        (tmp_path / "copia.tar.gz").write_bytes(damaged)
        refused = folio("restore", "copia.tar.gz", "--data", "otra")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "está dañada o incompleta" in refused.stderr
        assert list((tmp_path / "otra").iterdir()) == []


def test_what_cannot_be_copied_or_found_is_said_so(folio: Folio, data: Path) -> None:
    empty = folio("backup", "--out", "copia.tar.gz", "--data", "nada")
    assert (empty.returncode, "No hay ninguna base de datos" in empty.stderr) == (1, True)
    nowhere = folio("backup", "--out", "ninguna/copia.tar.gz", "--data", data)
    assert (nowhere.returncode, "no existe" in nowhere.stderr) == (1, True)
    missing = folio("restore", "copia.tar.gz", "--data", "otra")
    assert (missing.returncode, "no existe" in missing.stderr) == (1, True)
    silent = folio("verify", "--data", "nada")
    assert (silent.returncode, "No hay ninguna base de datos" in silent.stderr) == (1, True)


def test_a_row_without_what_it_refers_to_and_a_job_without_its_document_are_found(folio: Folio, data: Path) -> None:
    with closing(sqlite3.connect(data / "folio.db")) as owner:
        owner.executescript(
            "DROP TRIGGER jobs_no_update; DROP TRIGGER jobs_stay_done; DROP TRIGGER uploads_no_delete;"
            "UPDATE jobs SET state = 'done', owner = NULL, lease_until = NULL; DELETE FROM uploads WHERE id = 1"
        )
    verified = folio("verify", "--data", data)
    assert verified.returncode == 1
    assert "se refiere a algo de «uploads» que ya no está" in verified.stdout
    assert "consta como escrito y no está" in verified.stdout


def test_a_damaged_database_is_called_so(folio: Folio, data: Path) -> None:
    with closing(sqlite3.connect(data / "folio.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (data / "folio.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    verified = folio("verify", "--data", data)
    assert (verified.returncode, verified.stdout) == (1, "")
    assert "está dañada" in verified.stderr
    assert "folio restore" in verified.stderr


def test_no_password_stands_among_the_arguments_of_postgresqls_programs() -> None:
    address = make_url("postgresql+psycopg://folio:geheim@db:5432/folio?sslmode=require")

    assert _plain(address) == "postgresql://folio@db:5432/folio?sslmode=require"


def test_a_copy_of_postgresql_is_restored_into_an_empty_database_alone(
    folio: Folio, postgresql_url: str, postgresql_cluster: str, migrated_postgresql: str, data: Path
) -> None:
    with psycopg.connect(f"{postgresql_cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE lleno TEMPLATE {migrated_postgresql}")
    full = f"{postgresql_cluster}/lleno"
    with closing(open_store(full)) as store:
        fill(store)
    # A password that nobody asks for here, with what an address has to write otherwise.
    with_password = make_url(full).set(password="a/b@c:d").render_as_string(hide_password=False)

    copied = folio("backup", "--out", "copia.tar.gz", "--data", data, DATABASE_URL=with_password)
    assert (copied.returncode, copied.stderr) == (0, "")
    refused = folio("restore", "copia.tar.gz", "--data", "otra", DATABASE_URL=full)
    assert (refused.returncode, "cree una vacía" in refused.stderr) == (1, True)
    refused = folio("restore", "copia.tar.gz", "--data", "otra")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "DATABASE_URL nombra una sqlite" in refused.stderr

    restored = folio("restore", "copia.tar.gz", "--data", "ultima", DATABASE_URL=postgresql_url)
    assert (restored.returncode, restored.stderr) == (0, "")
    verified = folio("verify", DATABASE_URL=postgresql_url)
    assert (verified.returncode, verified.stderr) == (0, "")
    for table in ("audit", "blobs", "jobs", "reports", "issued"):
        assert rows_of(postgresql_url, table) == rows_of(full, table)
    with psycopg.connect(f"{postgresql_cluster}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE lleno WITH (FORCE)")
