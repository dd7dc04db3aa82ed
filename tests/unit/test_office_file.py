"""The office's own file: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from service.domain.frame import Approval, FormatBox, Frame, Role, Signer
from service.domain.office import REFERENCE_SETTINGS, Office, OfficeSettings
from service.office_file import UnusableOffice, read_settings
from service.office_said import BY_KEY, SETTINGS, SIGNER_FIELDS, settings_of, values_of
from service.settings import PROJECT, Settings, UnusableSettings
from tests.pictures import a_picture

LOGO = a_picture((60, 40))
PAGE = (PROJECT / "docs" / "ajustes-de-la-oficina.md").read_text("utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "oficina.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_field_of_an_office_and_of_its_frame_has_its_key_and_each_key_is_told_on_the_page() -> None:
    told = {field.name for field in (*fields(Office), *fields(Frame))}
    assert {setting.name.partition(".")[0] for setting in SETTINGS} == told
    assert {name for name in values_of(REFERENCE_SETTINGS) if "format_box" in name} == {
        f"format_box.{field.name}" for field in fields(FormatBox)
    }
    assert set(SIGNER_FIELDS.values()) == {field.name for field in fields(Signer)}
    assert re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE) == list(BY_KEY)


def examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_example_on_the_page_is_the_reference_office(tmp_path: Path) -> None:
    example = examples()[0]
    named = {line.split(" =")[0] for line in example.splitlines() if re.match(r"\w+ =", line)}
    assert named == {setting.key for setting in SETTINGS if setting.name in {field.name for field in fields(Office)}}
    assert read_settings(written(tmp_path, example)) == REFERENCE_SETTINGS


def test_the_second_example_on_the_page_is_a_frame(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(LOGO)
    frame = read_settings(written(tmp_path, examples()[1])).frame
    assert (frame.entity, frame.has_radicado_zone, frame.has_seal) == ("Entidad de Ejemplo", True, True)
    assert frame.logo
    assert (frame.logo.content, frame.logo.width, frame.logo.description) == (LOGO, 60, "Logo de la Entidad de Ejemplo")
    assert [signer.role for signer in frame.signers] == [Role.DRAFTED, Role.REVIEWED, Role.APPROVED]
    assert frame.signers[2].printed_position == "Directora General (E)"
    assert frame.approval == Approval("Comité Institucional de Gestión y Desempeño", "Acta 5", dt.date(2024, 9, 10))
    assert frame.format_box.code == "FT-DE-001"
    assert frame.format_box.valid_from == dt.date(2024, 1, 15)


def test_what_was_read_of_settings_says_the_same_settings_again(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(LOGO)
    settings = read_settings(written(tmp_path, examples()[1]))
    assert settings_of(values_of(settings)) == settings


def test_what_the_file_does_not_say_stays_as_it_is(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, 'siglas = ["SDP"]\navance_mas_corto = 0\nsobrecumplimiento = 2\n'))
    office = replace(Office(), acronyms=("SDP",), shortest_progress=0, overachievement=2.0)
    assert settings == OfficeSettings(office)


def test_what_the_committee_approves_goes_by_the_names_of_the_templates_and_by_headers(tmp_path: Path) -> None:
    text = 'aprueba_el_comite = ["objetivo", "seguimiento", "Ponderación"]\nimprime_control_de_cambios = true'
    office = read_settings(written(tmp_path, text)).office
    assert office.committee_fields == ("objective", "periodicity", "Ponderación")
    assert office.tells_change_log


def test_who_signs_stands_in_the_order_of_the_roles(tmp_path: Path) -> None:
    people = "".join(
        f'[[firmantes]]\nrol = "{role}"\nnombre = "Persona de Ejemplo {name}"\ncargo = "Profesional"\n'
        for role, name in (("aprobo", "Tres"), ("elaboro", "Uno"), ("reviso", "Dos"), ("elaboro", "Cuatro"))
    )
    signers = read_settings(written(tmp_path, people)).frame.signers
    assert [signer.name.split()[-1] for signer in signers] == ["Uno", "Cuatro", "Dos", "Tres"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("siglas = [", "no es un archivo TOML bien escrito"),
        ('unidades = ["x"]', "un ajuste que no existe, «unidades»; existen entidad, "),
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
        ("entidad = 5", "entidad debe ser un texto, no «5»"),
        (f'entidad = "{"x" * 101}"', "entidad tiene 101 caracteres y caben 100"),
        (f'entidad = "{"R&D " * 21}x"', "entidad tiene 106 caracteres (cada «&» cuenta por dos) y caben 100"),
        (f'[formato_sgc]\ncodigo = "{"x" * 31}"', "formato_sgc.codigo tiene 31 caracteres y caben 30"),
        (f'[formato_sgc]\nversion = "{"3" * 21}"', "formato_sgc.version tiene 21 caracteres y caben 20"),
        (f'[formato_sgc]\nnombre = "{"x" * 201}"', "formato_sgc.nombre tiene 201 caracteres y caben 200"),
        (f'objetivo = "{"Articular los programas. " * 280}"', "objetivo es tan largo que no deja lugar a la tabla"),
        ('logo = "no-esta.png"', "logo «no-esta.png» no se puede leer: no existe"),
        ("logo = 1", "logo debe ser el nombre de un archivo entre comillas, no «1»"),
        ('logo = "oficina.toml"\nlogo_descripcion = "x"', "logo no es una imagen PNG o JPEG que se pueda leer"),
        ('logo = "oficina.toml"', "logo_descripcion está vacía: diga qué muestra el logo"),
        ('firmantes = "nadie"', "firmantes debe ser una lista de personas"),
        ('[[firmantes]]\nrol = "firma"\nnombre = "N"\ncargo = "C"', "firmantes 1: rol debe ser uno de estos: elaboro,"),
        ('[[firmantes]]\nrol = "aprobo"\nnombre = " "\ncargo = "C"', "firmantes 1: nombre está vacío"),
        ('[[firmantes]]\nrol = "aprobo"\nnombre = "N"', "firmantes 1: cargo está vacío"),
        ('[[firmantes]]\nrol = "aprobo"\nnombre = "N"\ncargo = "C"\nencargo = "sí"', "encargo debe ser true (sí)"),
        ('[[firmantes]]\ncorreo = "x"', "firmantes tiene un dato que no existe, «correo»; existen rol, nombre,"),
        ('aprobacion = "Acta 5"', "aprobacion debe ser una sección, [aprobacion], con instancia, acto, fecha"),
        ('[aprobacion]\nfecha = "ayer"', "aprobacion.fecha debe ser una fecha que exista, como 2024-09-10"),
        ("[formato_sgc]\nversion = 3", "formato_sgc.version debe ser un texto, no «3»"),
        ("[formato_sgc]\nlema = 3", "un ajuste que no existe, «formato_sgc.lema»"),
    ],
)
def test_a_mistake_in_the_file_is_named_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UnusableOffice) as refusal:
        read_settings(written(tmp_path, text))
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(str(tmp_path))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnusableOffice) as refusal:
        read_settings(written(tmp_path, "siglas = []\nentidad = 5\n[aprobacion]\nfecha = 2024"))
    assert len(str(refusal.value).splitlines()) == 3


def test_a_file_in_another_encoding_or_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "oficina.toml"
    with pytest.raises(UnusableOffice, match="no existe"):
        read_settings(path)
    path.write_bytes('siglas = ["Ó"]'.encode("cp1252"))
    with pytest.raises(UnusableOffice, match="no está en UTF-8"):
        read_settings(path)


def test_the_settings_carry_the_office_and_refuse_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = written(tmp_path, "avance_mas_corto = 10")
    settings = Settings.from_environment(FOLIO_OFFICE_FILE=str(path))
    assert settings.office_settings == OfficeSettings(settings.office)
    assert settings.office == replace(Office(), shortest_progress=10)
    with pytest.raises(UnusableSettings, match=r"FOLIO_OFFICE_FILE: no se puede leer .*: no existe\."):
        Settings.from_environment(FOLIO_OFFICE_FILE=str(tmp_path / "otra.toml"))
