"""`folio office`, as a program: said, shown, undone; and what is refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from service.store import open_store
from tests.integration.conftest import Folio
from tests.pictures import a_picture

Office = Callable[..., str]


@pytest.fixture
def office(folio: Folio, tmp_path: Path) -> Office:
    """Gives an order on the data of the test; what it printed."""

    def run(*arguments: str | Path, fails: bool = False) -> str:
        ended = folio("office", *arguments, FOLIO_DATA_DIR=str(tmp_path / "var"))
        assert ended.returncode == int(fails), ended.stderr
        return ended.stderr if fails else ended.stdout

    return run


def test_showing_makes_nothing_and_says_that_nothing_was_said(office: Office, tmp_path: Path) -> None:
    shown = office("show")

    assert "entidad: (vacío)\n" in shown
    assert "firmantes: (nadie)\n" in shown
    assert "Nadie ha cambiado los ajustes" in office("history")
    assert not (tmp_path / "var").exists()


def test_what_is_set_counts_at_once_and_is_told_with_who_and_undone(office: Office, tmp_path: Path) -> None:
    assert "número 1:\n  Nombre de la entidad: «Entidad de Ejemplo»." in office("set", "entidad", "Entidad de Ejemplo")
    assert "se agregó «Oficina Jurídica»" in office("set", "dependencias", "Dirección General; Oficina Jurídica")
    assert "Ya era así" in office("set", "entidad", " Entidad  de Ejemplo")
    office("set", "parecido_de_repetidas", "0,9")
    office("set", "aprobacion.fecha", "2024-09-10")

    shown = json.loads(office("show", "--json"))
    assert (shown["entity"], shown["duplicate_similarity"]) == ("Entidad de Ejemplo", 0.9)
    assert shown["approval"] == {"instance": "", "act": "", "date": "2024-09-10"}
    history = json.loads(office("history", "--json"))["history"]
    assert [entry["seq"] for entry in history] == [4, 3, 2, 1]
    assert all(entry["by"].endswith("(terminal)") for entry in history)
    assert history[0]["changes"] == ["Fecha de aprobación: «10/09/2024»."]

    assert "Fecha de aprobación: se borró «10/09/2024»." in office("restore", "1")
    store = open_store(f"sqlite:///{tmp_path}/var/folio.db")
    kept, verdict = store.office(), store.verify_audit()
    store.close()
    assert kept
    assert (kept.seq, kept.settings.frame.entity) == (5, "Entidad de Ejemplo")
    assert (verdict.is_sound, verdict.entries) == (True, 5)


def test_a_name_longer_than_excel_prints_is_refused(office: Office) -> None:
    assert "tiene 101 caracteres y caben 100" in office("set", "entidad", "x" * 101, fails=True)
    assert "(vacío)" in office("show").partition("\n")[0]


def test_who_signs_is_added_and_removed_by_number(office: Office) -> None:
    office("signer", "add", "aprobo", "Persona de Ejemplo Uno", "Directora General", "--encargo")
    office("signer", "add", "elaboro", "Persona de Ejemplo Dos", "Profesional de planeación")

    shown = office("show")
    assert "  1. Elaboró: Persona de Ejemplo Dos, Profesional de planeación\n" in shown
    assert "  2. Aprobó: Persona de Ejemplo Uno, Directora General (E)\n" in shown
    office("signer", "remove", "1")
    (left,) = json.loads(office("show", "--json"))["signers"]
    assert left == {
        "role": "aprobo", "name": "Persona de Ejemplo Uno", "position": "Directora General", "is_acting": True,
    }  # fmt: skip
    assert "Nadie firma con el número 2" in office("signer", "remove", "2", fails=True)


def test_the_logo_is_put_and_taken_away(office: Office, tmp_path: Path) -> None:
    picture = tmp_path / "escudo.png"
    picture.write_bytes(a_picture())

    assert "logo_descripcion está vacía" in office("logo", picture, fails=True)
    assert "Logo: se puso." in office("logo", picture, "--description", "El escudo")
    assert json.loads(office("show", "--json"))["logo"]["width"] == 60
    assert "Logo: se quitó." in office("logo", "--remove")
    picture.write_bytes(b"%PDF-1.7")
    assert "logo no es una imagen PNG o JPEG" in office("logo", picture, "--description", "El escudo", fails=True)


def test_a_file_is_taken_whole(office: Office, tmp_path: Path) -> None:
    office("set", "entidad", "Otra entidad")
    file = tmp_path / "oficina.toml"
    file.write_text('siglas = ["SDP"]\n[aprobacion]\nacto = "Acta 5"\n', "utf-8")

    told = office("import", file)

    assert "Acta o acto de aprobación: «Acta 5»." in told
    assert "Nombre de la entidad: se borró «Otra entidad»." in told
    file.write_text("siglas = 5", "utf-8")
    assert f"{file}: siglas debe ser una lista de textos" in office("import", file, fails=True)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (("set", "firma", "x"), "No existe el ajuste «firma»; existen entidad,"),
        (("set", "firmantes", "x"), "«firmantes» se cambia con «folio office signer»."),
        (("set", "avance_mas_corto", "mucho"), "avance_mas_corto debe ser un número entero entre 0 y 1000, no «mucho»"),
        (("set", "zona_de_radicado", "quizá"), "zona_de_radicado debe ser true (sí) o false (no), no «quizá»"),
        (("signer", "add", "firma", "", "Cargo"), "firmantes 1: rol debe ser uno de estos: elaboro, reviso"),
        (("logo",), "Diga qué imagen poner, o --remove"),
        (("restore", "7"), "No hay ajustes con el número 7"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(office: Office, order: tuple[str, ...], sentence: str) -> None:
    assert sentence in office(*order, fails=True)


def test_while_a_file_governs_it_is_shown_and_nothing_is_changed(folio: Folio, tmp_path: Path) -> None:
    file = tmp_path / "oficina.toml"
    file.write_text('entidad = "Entidad de Ejemplo"', "utf-8")
    environment = {"FOLIO_OFFICE_FILE": str(file), "FOLIO_DATA_DIR": str(tmp_path / "var")}

    shown, refused = (folio("office", *words, **environment) for words in (("show",), ("set", "entidad", "Otra")))

    assert shown.stdout.startswith(f"Los dice el archivo {file}.\nentidad: Entidad de Ejemplo\n")
    assert refused.returncode == 1
    assert f"Los ajustes los dice el archivo {file}: cámbielos en él." in refused.stderr


def test_another_office_is_opened_and_says_its_own(office: Office, tmp_path: Path) -> None:
    assert "existen principal" in office("show", "--office", "sur", fails=True)
    assert office("list") == "principal  (la única)\n"
    assert not (tmp_path / "var").exists()

    assert "Oficina abierta: Región sur.\n" in office("open", "sur", "Región sur")
    assert "Ya hay una oficina «sur»." in office("open", "sur", "Otra", fails=True)
    assert "«Región» no sirve de nombre corto" in office("open", "Región", "Otra", fails=True)
    assert "El nombre de la oficina está vacío" in office("open", "norte", " ", fails=True)
    assert office("list") == "principal  Oficina de planeación\nsur  Región sur\n"
    office("set", "entidad", "Una entidad")
    assert "número 2:" in office("set", "entidad", "Otra entidad", "--office", "sur")
    assert "entidad: Una entidad\n" in office("show")
    assert "entidad: Otra entidad\n" in office("show", "--office", "sur")
    (entry,) = json.loads(office("history", "--office", "sur", "--json"))["history"]
    assert entry["seq"] == 2
    assert "No hay ajustes con el número 1" in office("restore", "1", "--office", "sur", fails=True)
    assert "No existe la oficina «norte»; existen principal, sur." in office("history", "--office", "norte", fails=True)


def test_a_file_governs_the_first_office_only(folio: Folio, tmp_path: Path) -> None:
    file = tmp_path / "oficina.toml"
    file.write_text('entidad = "Entidad de Ejemplo"', "utf-8")
    environment = {"FOLIO_OFFICE_FILE": str(file), "FOLIO_DATA_DIR": str(tmp_path / "var")}
    folio("office", "open", "sur", "Región sur", **environment)

    changed = folio("office", "set", "entidad", "Otra entidad", "--office", "sur", **environment)

    assert changed.returncode == 0, changed.stderr
    assert "entidad: Otra entidad\n" in folio("office", "show", "--office", "sur", **environment).stdout
    assert "entidad: Entidad de Ejemplo\n" in folio("office", "show", **environment).stdout
