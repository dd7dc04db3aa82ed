"""The proof of a finished Word: no good document is refused, and every planted damage is named at its place."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.errors import ProofFailed
from service.domain.reports import DocumentKind, Report
from service.domain.values import VersionNumber
from tests.documents.damage import LOG, edited, simple_plan, varied_report, with_part, word_cells, word_rows
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import ACTION_NAMES, CHANGE_NAMES, PLAN_NAMES, Context, context_of
from worker.documents.proof import Proof, prove_word
from worker.documents.proof_values import action_values, change_values, plan_values
from worker.documents.template_files import Template, TemplateFiles, compile_template
from worker.render import render

TEMPLATES = TemplateFiles(Path(__file__).parents[2] / "templates_docx")
OFFICIAL = TEMPLATES.of(DocumentKind.WORD)
DOCUMENT = "word/document.xml"
REPORT = replace(report_of(simple_plan()), change_log=LOG)
GOOD = OFFICIAL.fill(context_of(REPORT))
FIRST_ROW = 2


def proof_of(report: Report, template: Template = OFFICIAL) -> Proof:
    return prove_word(template.fill(context_of(report)), template.content, report)


def proof_of_damaged(change: Callable[[str], str], part: str = DOCUMENT) -> Proof:
    return prove_word(edited(GOOD, part, change), OFFICIAL.content, REPORT)


def places(proof: Proof) -> list[str]:
    return [difference.place for difference in proof.differences]


def other_order() -> Template:
    """The office's template with its columns the other way round, a condition, a filter and an own column."""
    model = {
        "{{ accion.seguimiento }}": "{% if accion.seguimiento == 'Anual' %}Al final{% elif not loop.first %}"
        "{{ accion.seguimiento|lower }} ({{ loop.index }} de {{ loop.length }}){% else %}Primera{% endif %}",
        "{{ accion.responsable }}": "Responsable: {{ accion.responsable|upper }}.",
        "{{ accion.unidad_de_medida }}": "{{ accion.unidad_de_medida }}{{ accion.otros[“Línea”]|default('—') }}",
    }

    def turned(xml: str) -> str:
        for old, new in model.items():
            xml = xml.replace(old, new)
        for row in word_rows(xml):
            cells = word_cells(row)
            if len(cells) == 11:
                xml = xml.replace(row, row.replace("".join(cells), "".join(reversed(cells))))
        return xml

    return compile_template(DocumentKind.WORD, edited(OFFICIAL.content, DOCUMENT, turned))


def test_the_reference_is_proved_cell_by_cell() -> None:
    proof = proof_of(report_of(reference_plan()))
    assert proof.sentence == "10 de 10 acciones, 110 de 110 celdas, 0 caracteres perdidos"
    told = proof.to_json()
    assert told["cells"] == {"expected": 110, "found": 110}
    assert (told["pages"], told["differences"]) == (None, [])


def test_two_hundred_good_documents_are_not_refused() -> None:
    altered = other_order()
    for seed in range(200):
        report = varied_report(seed)
        proof = proof_of(report, altered if seed % 4 == 3 else OFFICIAL)
        assert proof.holds, f"{seed}: {proof.differences[0].sentence}"
        assert proof.actions.found == len(report.plan.actions)


@pytest.mark.parametrize("actions", [57, 1_000])
def test_long_plans_are_proved(actions: int) -> None:
    proof = proof_of(report_of(generated_plan(actions)))
    assert (proof.holds, proof.cells.found) == (True, actions * 11)


def test_a_document_that_word_saved_again_is_still_the_same() -> None:
    saved = io.BytesIO()
    docx.Document(io.BytesIO(GOOD)).save(saved)
    assert prove_word(saved.getvalue(), OFFICIAL.content, REPORT).holds
    other_prefix = edited(GOOD, DOCUMENT, lambda xml: re.sub(r"(?<=[</\s])(xmlns:)?w(?=[:=])", r"\1ns0", xml))
    assert prove_word(other_prefix, OFFICIAL.content, REPORT).holds


def test_values_are_known_by_the_names_that_templates_use() -> None:
    assert tuple(plan_values(REPORT)) == PLAN_NAMES
    assert tuple(action_values(REPORT.plan.actions[0])) == ACTION_NAMES
    assert tuple(change_values(REPORT)[0]) == CHANGE_NAMES


def in_row(number: int, change: Callable[[str], str]) -> Callable[[str], str]:
    """Damage to the row of the action of this number, from 1."""

    def damage(xml: str) -> str:
        row = word_rows(xml)[FIRST_ROW + number - 1]
        return xml.replace(row, change(row))

    return damage


def swapped_cells(row: str) -> str:
    cells = word_cells(row)
    return row.replace(cells[1], "\0").replace(cells[2], cells[1]).replace("\0", cells[2])


def swapped_rows(xml: str) -> str:
    rows = word_rows(xml)
    return xml.replace(rows[3], "\0").replace(rows[4], rows[3]).replace("\0", rows[4])


DAMAGE: dict[str, tuple[Callable[[str], str], str]] = {
    "a lost tail": (in_row(3, lambda row: row.replace(" previsto, hasta el final.", "")), "acción 3, columna AVANCE"),
    "a changed digit": (in_row(2, lambda row: row.replace("1.002", "1.003")), "acción 2, columna META"),
    "a date off by one day": (in_row(4, lambda row: row.replace("4/03/2024", "5/03/2024")), "columna FECHA INICIO"),
    "swapped cells": (in_row(5, swapped_cells), "acción 5, columna ACCIÓN"),
    "swapped rows": (swapped_rows, "acción 3"),
    "a missing row": (in_row(3, lambda _: ""), "acción 3"),
    "a repeated row": (in_row(3, lambda row: row * 2), "acción 3"),
    "an eaten entity": (in_row(1, lambda row: row.replace("R&amp;D", "RD")), "acción 1, columna ACCIÓN"),
    "an entity escaped twice": (in_row(1, lambda row: row.replace("&amp;", "&amp;amp;")), "acción 1, columna ACCIÓN"),
    "a space dropped at an edge": (
        in_row(2, lambda row: row.replace("Subdirección 2", "Subdirección 2 ")),
        "acción 2, columna RESPONSABLE",
    ),
    "a header that is not repeated": (lambda xml: xml.replace("<w:tblHeader/>", "", 1), "encabezado de la tabla"),
    "another header": (lambda xml: xml.replace(">META<", ">METAS<"), "encabezado de la tabla, columna META"),
    "a row of the log lost": (
        lambda xml: xml.replace(word_rows(xml)[-1], ""),
        "control de cambios, fila 2",
    ),
    "a cell more": (in_row(6, lambda row: row.replace("</w:tr>", "<w:tc><w:p/></w:tc></w:tr>")), "acción 6"),
    "a placeholder left": (in_row(2, lambda row: row.replace(">1.002<", ">{{ accion.meta }}<")), "acción 2"),
    "a tracked change": (
        in_row(3, lambda row: row.replace("<w:r>", '<w:ins w:id="9"><w:r>', 1).replace("</w:r>", "</w:r></w:ins>", 1)),
        "documento",
    ),
    "an unreadable part": (lambda xml: xml.replace("</w:body>", ""), "el archivo entero"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_planted_damage_is_named_at_its_place(damage: str) -> None:
    change, place = DAMAGE[damage]
    proof = proof_of_damaged(change)
    assert any(told.startswith(place) or place in told for told in places(proof)), places(proof)
    assert len(proof.differences) <= 3


def test_a_lost_tail_is_counted() -> None:
    proof = proof_of_damaged(DAMAGE["a lost tail"][0])
    assert proof.sentence == "5 de 6 acciones, 65 de 66 celdas, 26 caracteres perdidos"
    (difference,) = proof.differences
    assert difference.place == "acción 3, columna AVANCE CUALITATIVO"
    assert difference.sentence.endswith("se logró el avance».")


def test_the_version_of_another_plan_in_the_header_is_caught() -> None:
    proof = proof_of_damaged(lambda xml: xml.replace("Versión 2.0", "Versión 1.0"), "word/header1.xml")
    assert places(proof) == ["encabezado de página, párrafo 3"]
    other = replace(REPORT, plan=replace(REPORT.plan, version=VersionNumber(3, 0)))
    assert "encabezado de página, párrafo 3" in places(prove_word(GOOD, OFFICIAL.content, other))


def test_a_header_that_no_page_uses_is_caught() -> None:
    proof = proof_of_damaged(lambda xml: re.sub(r"<w:headerReference[^>]*/>", "", xml))
    assert places(proof) == ["encabezado de página"]


def test_a_draft_must_say_so_and_a_final_document_must_not() -> None:
    draft = replace(REPORT, is_draft=True)
    marked = OFFICIAL.fill(context_of(draft))
    assert prove_word(marked, OFFICIAL.content, draft).holds
    left = prove_word(marked, OFFICIAL.content, REPORT)
    assert [(one.place, one.found) for one in left.differences] == [("encabezado de página", "BORRADOR")]
    missing = prove_word(GOOD, OFFICIAL.content, draft)
    assert [(one.place, one.expected) for one in missing.differences] == [("encabezado de página", "BORRADOR")]


def test_macros_comments_passwords_and_entities_are_caught() -> None:
    for part in ("word/vbaProject.bin", "word/comments.xml", "word/embeddings/a.bin"):
        assert not prove_word(with_part(GOOD, part, b"<x/>"), OFFICIAL.content, REPORT).holds
    locked = proof_of_damaged(
        lambda xml: xml.replace("<w:compat>", '<w:documentProtection w:edit="readOnly"/><w:compat>'),
        "word/settings.xml",
    )
    assert "contraseña" in locked.differences[0].found
    declared = proof_of_damaged(lambda xml: xml.replace("<w:document", '<!DOCTYPE x [<!ENTITY a "b">]><w:document', 1))
    assert "entidades" in declared.differences[0].found
    for damaged in (b"", GOOD[:-200], b"\xd0\xcf\x11\xe0" + GOOD):
        assert places(prove_word(damaged[:900], OFFICIAL.content, REPORT)) == ["el archivo entero"]


def test_a_text_that_the_template_left_to_fill_in_is_caught_when_final() -> None:
    content = edited(OFFICIAL.content, "word/footer1.xml", lambda xml: xml.replace("Página ", "Código xxx, página "))
    template = compile_template(DocumentKind.WORD, content)
    assert [one.found for one in proof_of(REPORT, template).differences] == ["xxx"]
    assert proof_of(replace(REPORT, is_draft=True), template).holds


@given(row=st.integers(1, 6), column=st.integers(0, 10), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_to_one_cell_is_named_at_that_cell(row: int, column: int, data: st.DataObject) -> None:
    def damage(xml: str) -> str:
        cell = word_cells(xml)[column]
        text = re.findall(r">([^<]+)<", cell)[0]
        at = data.draw(st.integers(0, len(text)))
        instead = data.draw(st.text("abc 0&<", max_size=3).map(lambda t: t.replace("&", "&amp;").replace("<", "&lt;")))
        damaged = text[:at].rpartition("&")[0] + instead
        return xml.replace(cell, cell.replace(f">{text}<", f">{damaged}x<"))

    proof = proof_of_damaged(in_row(row, damage))
    assert proof.cells == type(proof.cells)(66, 65)
    assert places(proof)[0].startswith(f"acción {row}, columna ")


def test_a_document_that_is_kept_back_says_its_first_differences_and_how_many_more_there_are() -> None:
    proof = proof_of_damaged(lambda xml: xml.replace('<w:t xml:space="preserve">Unidad<', "<w:t>Otra<"))
    assert len(proof.differences) == 6
    told = "Acción 1, columna UNIDAD DE MEDIDA: debía decir «Unidad» y dice «Otra»."
    assert proof.complaint.startswith(f"El documento no quedó igual al informe. {told}")
    assert proof.complaint.endswith("Hay 3 diferencias más. No se publica: avise a quien administra Folio.")


def test_a_document_that_does_not_tell_its_report_is_kept_back_for_good() -> None:
    def fill_wrongly(_: Context) -> bytes:
        return edited(GOOD, DOCUMENT, DAMAGE["a changed digit"][0])

    class Wrong:
        def of(self, _: DocumentKind) -> Template:
            return replace(OFFICIAL, fill=fill_wrongly)

    with pytest.raises(ProofFailed) as failure:
        render(REPORT, DocumentKind.WORD, Wrong())
    assert (failure.value.code, failure.value.is_transient) == ("PROOF", False)
    assert "Acción 2, columna META: debía decir «1.002» y dice «1.003»." in failure.value.detail
    kept = render(REPORT, DocumentKind.WORD, TEMPLATES).proof
    assert kept is not None
    assert Proof.from_json(kept.to_json()) == kept
