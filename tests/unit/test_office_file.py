"""The office's own file: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from service.domain.office import Office
from service.office_file import KEYS, UnusableOffice, read_office
from service.settings import PROJECT, Settings, UnusableSettings

PAGE = (PROJECT / "docs" / "ajustes-de-la-oficina.md").read_text("utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "oficina.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_field_of_an_office_has_its_key_and_each_key_is_told_on_the_page() -> None:
    assert set(KEYS.values()) == {field.name for field in fields(Office)}
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(KEYS)


def test_the_example_on_the_page_is_the_reference_office(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert {line.split(" =")[0] for line in example.splitlines() if re.match(r"\w+ =", line)} == set(KEYS)
    assert read_office(written(tmp_path, example)) == Office()


def test_what_the_file_does_not_say_stays_as_it_is(tmp_path: Path) -> None:
    office = read_office(written(tmp_path, 'siglas = ["SDP"]\navance_mas_corto = 0\nsobrecumplimiento = 2\n'))
    assert office == replace(Office(), acronyms=("SDP",), shortest_progress=0, overachievement=2.0)


def test_what_the_committee_approves_goes_by_the_names_of_the_templates_and_by_headers(tmp_path: Path) -> None:
    text = 'aprueba_el_comite = ["objetivo", "seguimiento", "Ponderación"]\nimprime_control_de_cambios = true'
    office = read_office(written(tmp_path, text))
    assert office.committee_fields == ("objective", "periodicity", "Ponderación")
    assert office.tells_change_log


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("siglas = [", "no es un archivo TOML bien escrito"),
        ('unidades = ["x"]', "un ajuste que no existe, «unidades»; existen dependencias, "),
        ('siglas = "RMBC"', "siglas debe ser una lista de textos"),
        ("siglas = []", "siglas debe ser una lista de textos"),
        ('siglas = ["RMBC", "RMBC "]', "sin repetidos"),
        ('siglas = ["RM\\u202EBC"]', "siglas tiene un carácter que no puede imprimirse"),
        ("avance_mas_corto = 40.5", "avance_mas_corto debe ser un número entero entre 0 y 1000, no «40.5»"),
        ("avance_mas_corto = true", "debe ser un número entero"),
        ("parecido_de_repetidas = 92", "parecido_de_repetidas debe ser un número entre 0.5 y 1, no «92»"),
        ("sobrecumplimiento = nan", "debe ser un número"),
        ('aprueba_el_comite = ["metas"]', "aprueba_el_comite nombra un dato que no existe, «metas»; existen titulo, "),
        ('aprueba_el_comite = "meta"', "aprueba_el_comite debe ser una lista de textos"),
        ("imprime_control_de_cambios = 1", "imprime_control_de_cambios debe ser true (sí) o false (no), no «1»"),
    ],
)
def test_a_mistake_in_the_file_is_named_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UnusableOffice) as refusal:
        read_office(written(tmp_path, text))
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(str(tmp_path))


def test_a_file_in_another_encoding_or_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "oficina.toml"
    with pytest.raises(UnusableOffice, match="no existe"):
        read_office(path)
    path.write_bytes('siglas = ["Ó"]'.encode("cp1252"))
    with pytest.raises(UnusableOffice, match="no está en UTF-8"):
        read_office(path)


def test_the_settings_carry_the_office_and_refuse_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = written(tmp_path, "avance_mas_corto = 10")
    assert Settings.from_environment(FOLIO_OFFICE_FILE=str(path)).office == replace(Office(), shortest_progress=10)
    with pytest.raises(UnusableSettings, match=r"FOLIO_OFFICE_FILE: no se puede leer .*: no existe\."):
        Settings.from_environment(FOLIO_OFFICE_FILE=str(tmp_path / "otra.toml"))
