"""What is listed twice is equal: the settings, and the file that tells people about them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import make_url

from service.settings import PROJECT, Settings, UnusableSettings

DOCUMENTED = set(re.findall(r"^#? ?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DOCUMENTED:
        monkeypatch.delenv(name, raising=False)


def test_every_setting_and_nothing_else_is_told_in_env_example() -> None:
    assert set(Settings.from_environment().as_environment()) == DOCUMENTED


def test_compose_hands_on_what_is_said_of_who_enters_and_keeps_the_secret() -> None:
    compose = (PROJECT / "docker-compose.yml").read_text("utf-8")
    of_who_enters = {name for name in DOCUMENTED if name.startswith("FOLIO_OIDC_")} | {"FOLIO_TRUSTED_PROXIES"}
    # The secret itself comes by its file.
    of_who_enters -= {"FOLIO_OIDC_CLIENT_SECRET"}
    assert {name for name in of_who_enters if f"${{{name}:-" not in compose} == set()
    # Else every container would have a secret of its own, and forget it at each restart.
    assert "FOLIO_SECRET_FILE: /var/lib/folio/secret" in compose
    assert 'volumes: ["secret:/var/lib/folio"]' in compose


def test_a_child_process_reads_the_very_settings_of_its_parent(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        FOLIO_DATA_DIR=str(tmp_path), FOLIO_PORT="8123", FOLIO_WORKERS="7", REDIS_URL="redis://cola:6379/0"
    )
    assert Settings.from_environment(**settings.as_environment()) == settings


def test_without_any_variable_folio_stays_on_this_machine_with_its_data_in_the_clone() -> None:
    settings = Settings.from_environment()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir == PROJECT / "var"
    assert settings.database_url == f"sqlite:///{PROJECT / 'var' / 'folio.db'}"
    assert settings.redis_url is None
    assert settings.public_url == "http://localhost:8000"
    assert settings.secret_file == PROJECT / "var" / "secret"


def test_a_host_that_others_reach_is_refused_until_trusted_names_are_given() -> None:
    with pytest.raises(UnusableSettings, match="TRUSTED_HOSTS"):
        Settings.from_environment(FOLIO_HOST="0.0.0.0")
    settings = Settings.from_environment(FOLIO_HOST="0.0.0.0", TRUSTED_HOSTS="folio.entidad.gov.co, folio")
    assert settings.trusted_hosts == ("folio.entidad.gov.co", "folio")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "localhost", "::1", "[::1]"])
def test_a_host_of_this_machine_needs_no_trusted_names(host: str) -> None:
    assert Settings.from_environment(FOLIO_HOST=host).host == host


def test_trusted_hosts_with_a_wildcard_are_refused() -> None:
    with pytest.raises(UnusableSettings, match="comodines"):
        Settings.from_environment(TRUSTED_HOSTS="*.gov.co")


@pytest.mark.parametrize("port", ["0", "65536", "ocho mil", "-1", "٨٠"])
def test_a_port_that_is_none_is_refused_by_its_name_and_value(port: str) -> None:
    with pytest.raises(UnusableSettings, match=f"FOLIO_PORT .* «{port}»"):
        Settings.from_environment(FOLIO_PORT=port)


def test_the_address_printed_on_paper_follows_the_port_unless_it_is_said() -> None:
    assert Settings.from_environment(FOLIO_PORT="8123").public_url == "http://localhost:8123"
    said = Settings.from_environment(FOLIO_PUBLIC_URL="https://entidad.gov.co/folio/")
    assert said.public_url == "https://entidad.gov.co/folio"


@pytest.mark.parametrize(
    "address",
    [
        "folio.entidad.gov.co",
        "ftp://folio.entidad.gov.co",
        "https://",
        "https:///folio",
        "https://persona@folio.entidad.gov.co",
        "https://folio.entidad.gov.co/?a=b",
        "https://folio.entidad.gov.co/#a",
        "https://folio.entidad.gov.co:0",
        "https://folio.entidad.gov.co:99999",
        "https://folio entidad",
    ],
)
def test_an_address_that_cannot_be_printed_is_refused_by_its_name_and_value(address: str) -> None:
    with pytest.raises(UnusableSettings, match=f"FOLIO_PUBLIC_URL .* «{re.escape(address)}»"):
        Settings.from_environment(FOLIO_PUBLIC_URL=address)


SAFE = {
    "FOLIO_ENV": "production",
    "FOLIO_PUBLIC_URL": "https://folio.entidad.gov.co",
    "TRUSTED_HOSTS": "folio.entidad.gov.co",
    "DATABASE_URL": "postgresql://folio:0f1e2d3c4b5a69788796a5b4@base:5432/folio",
    "REDIS_URL": "redis://:a5b4c3d2e1f00f1e2d3c4b5a@cola:6379/0",
}


@pytest.fixture
def safe(tmp_path: Path) -> dict[str, str]:
    """A production as it should be, with its data in a folder of its own."""
    return SAFE | {"FOLIO_DATA_DIR": str(tmp_path)}


def refusal_of(environment: dict[str, str]) -> str:
    with pytest.raises(UnusableSettings) as refused:
        Settings.from_environment(**environment)
    return str(refused.value)


def test_a_safe_production_starts_and_logs_in_json(safe: dict[str, str]) -> None:
    settings = Settings.from_environment(**safe)
    assert (settings.is_production, settings.logs_as_json) == (True, True)
    assert Settings.from_environment(**settings.as_environment()) == settings


def test_a_production_that_says_nothing_is_told_all_that_is_unsafe_at_once() -> None:
    told = refusal_of({"FOLIO_ENV": "production", "DATABASE_URL": "postgresql://folio@base/folio"})
    assert told.startswith("FOLIO_ENV=production no admite estos ajustes:\n- FOLIO_PUBLIC_URL debe decir")
    for variable in ("TRUSTED_HOSTS", "DATABASE_URL"):
        assert f"\n- {variable} " in told


@pytest.mark.parametrize(
    ("unsafe", "sentence"),
    [
        ({"FOLIO_PUBLIC_URL": "http://folio.entidad.gov.co"}, "con https://"),
        ({"TRUSTED_HOSTS": "folio"}, "TRUSTED_HOSTS no incluye folio.entidad.gov.co"),
        ({"DATABASE_URL": "postgresql://folio@base/folio"}, "no trae contraseña para base"),
        ({"DATABASE_URL": "postgresql://folio:postgres2026@base/folio"}, "DATABASE_URL se adivina"),
        ({"REDIS_URL": "redis://cola:6379/0"}, "póngala en REDIS_PASSWORD_FILE"),
        ({"REDIS_URL": "redis://:corta@cola:6379/0"}, "REDIS_URL se adivina"),
        ({"DATABASE_URL": "sqlite:////datos/folio.db"}, "cada equipo tendría sus propios informes"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG está puesto"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_each_unsafe_setting_is_refused_in_production_by_a_sentence_and_let_be_on_a_desk(
    safe: dict[str, str], unsafe: dict[str, str], sentence: str
) -> None:
    told = refusal_of(safe | unsafe)
    assert sentence in told
    assert told.count("\n- ") == 1
    assert not Settings.from_environment(**safe | unsafe | {"FOLIO_ENV": "desk"}).is_production


def test_a_secret_that_others_may_read_is_refused_in_production(safe: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(32))
    secret.chmod(0o640)
    assert f"chmod 600 {secret}" in refusal_of(safe)
    secret.chmod(0o600)
    assert Settings.from_environment(**safe).secret_file == secret


def test_servers_of_this_machine_and_the_one_that_folio_brings_need_no_password(safe: dict[str, str]) -> None:
    nearby = {"DATABASE_URL": "postgresql://folio@localhost/folio", "REDIS_URL": "redis+socket:///run/redis.sock"}
    assert Settings.from_environment(**safe | nearby).is_production


def test_secrets_come_by_files_whatever_characters_they_have(safe: dict[str, str], tmp_path: Path) -> None:
    password = "a/b:c@d?e#f %20 ñ 0123456789"
    for name in ("base", "cola", "proveedor"):
        (tmp_path / name).write_text(f"{password}\n", "utf-8")
    settings = Settings.from_environment(
        **safe
        | {
            "DATABASE_URL": "postgresql://folio@base:5432/folio",
            "DATABASE_PASSWORD_FILE": str(tmp_path / "base"),
            "REDIS_URL": "redis://cola:6379/0",
            "REDIS_PASSWORD_FILE": str(tmp_path / "cola"),
            "FOLIO_OIDC_ISSUER": "https://identidad.entidad.gov.co",
            "FOLIO_OIDC_CLIENT_ID": "folio",
            "FOLIO_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "proveedor"),
        }
    )
    assert make_url(settings.database_url).password == password
    assert Redis.from_url(settings.redis_url or "").connection_pool.connection_kwargs["password"] == password
    assert settings.provider is not None
    assert settings.provider.client_secret == password
    assert Settings.from_environment(**settings.as_environment()) == settings


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"DATABASE_PASSWORD_FILE": "/nowhere"}, "no se puede leer /nowhere: no existe"),
        ({"REDIS_PASSWORD_FILE": "{empty}"}, "está vacío"),
        ({"DATABASE_PASSWORD_FILE": "{held}", "DATABASE_URL": ""}, "necesita DATABASE_URL"),
        ({"DATABASE_PASSWORD_FILE": "{held}", "DATABASE_URL": "postgresql://a:b@base/a"}, "ya trae una contraseña"),
        ({"FOLIO_OIDC_CLIENT_SECRET": "x", "FOLIO_OIDC_CLIENT_SECRET_FILE": "{held}"}, "dicen lo mismo"),
    ],
)
def test_a_file_of_a_secret_that_is_none_is_refused(said: dict[str, str], sentence: str, tmp_path: Path) -> None:
    files = {"empty": tmp_path / "empty", "held": tmp_path / "held"}
    files["empty"].touch()
    files["held"].write_text("a secret", "utf-8")
    said = {"REDIS_URL": "redis://cola"} | {name: value.format(**files) for name, value in said.items()}
    assert sentence in refusal_of(said)


@pytest.mark.parametrize(
    "said", [{"FOLIO_ENV": "prod"}, {"FOLIO_LOG": "xml"}, {"FOLIO_METRICS": "9464"}, {"FOLIO_KEEP_DRAFTS_DAYS": "0"}]
)
def test_a_word_that_folio_does_not_know_is_refused_by_its_name(said: dict[str, str]) -> None:
    [(name, value)] = said.items()
    assert refusal_of(said).startswith(name)
    assert value in refusal_of(said)


FRONT = ("gunicorn", "service.web.wsgi:app", "--bind", "127.0.0.1:0", "--no-control-socket")


@pytest.mark.parametrize(
    "program",
    [
        [*FRONT],
        [*FRONT, "--logger-class", "service.web.gunicorn_lines.GunicornLines"],
        ["celery", "--app", "worker.app", "worker"],
        ["service.reconciler"],
        ["service.alive", "worker"],
        ["service.cli", "migrate"],
    ],
    ids=lambda program: " ".join(program[:1] + program[6:]),
)
def test_no_program_starts_in_an_unsafe_production_and_each_says_why(program: list[str], tmp_path: Path) -> None:
    unsafe = {"FOLIO_ENV": "production", "FOLIO_DATA_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}
    ended = subprocess.run(
        [sys.executable, "-m", *program],
        cwd=PROJECT,
        env={**os.environ, **unsafe},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "FOLIO_ENV=production no admite estos ajustes:\n- FOLIO_PUBLIC_URL debe decir" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not list(tmp_path.iterdir())
