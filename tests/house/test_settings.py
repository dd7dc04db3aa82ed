"""What is listed twice is equal: the settings, and the file that tells people about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.settings import PROJECT, Settings, UnusableSettings

DOCUMENTED = set(re.findall(r"^#? ?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DOCUMENTED:
        monkeypatch.delenv(name, raising=False)


def test_every_setting_and_nothing_else_is_told_in_env_example() -> None:
    assert set(Settings.from_environment().as_environment()) == DOCUMENTED


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
