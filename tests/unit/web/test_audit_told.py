"""Every step of the audit log has its sentence, and whatever stands in an entry can be read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from service.domain.values import Quarter, VersionNumber
from service.store import AuditedReport, AuditEntry, AuditStep
from service.store.audit import ADDED
from service.web.audit_details import LABELS, detail_lines
from service.web.audit_told import (
    GROUPS,
    STEPS,
    Part,
    exact_instant,
    sentence_of,
    step_name,
    steps_of,
    steps_saying,
    told,
)

BY = "Planeación"
ISSUED_ONE = "informe del III trimestre de 2024 (versión 2.0, edición 2)"
DRAFTED = "informe del III trimestre de 2024 (versión 2.0)"
NOON = dt.datetime(2024, 10, 15, 17, 0, 5, tzinfo=dt.UTC)
SECOND = AuditedReport("b" * 32, "principal", Quarter(2024, 3), VersionNumber(2, 0), 2)
DRAFT = AuditedReport("c" * 32, "principal", Quarter(2024, 3), VersionNumber(2, 0), None)
JOBS = [f"{'c' * 32}.{kind}" for kind in ("word.final", "excel.final", "redline." + "b" * 32 + ".final")]


def entry(what: str, details: dict[str, Any] | None = None, **more: Any) -> AuditEntry:
    said = {"by": BY, "subject": "c" * 32, "report": DRAFT} | more
    return AuditEntry(7, NOON, what=what, details=details or {}, previous_hash="0" * 64, hash="f" * 64, **said)


def test_every_step_has_a_sentence_a_name_and_a_group() -> None:
    assert set(STEPS) == set(AuditStep)
    assert {how.group for how in STEPS.values()} == set(GROUPS)
    assert {step for group in GROUPS for step in steps_of(group)} == set(AuditStep)
    assert len({how.name for how in STEPS.values()}) == len(STEPS)


@pytest.mark.parametrize("step", AuditStep)
def test_every_step_can_be_told_of_an_entry_that_says_nothing_else(step: AuditStep) -> None:
    for bare in (entry(step), entry(step, subject="", by="", report=None)):
        sentence = sentence_of(bare)
        assert sentence.endswith(".")
        assert sentence[0].isupper()
        assert not set("{}") & set(sentence)
        assert "None" not in sentence
        assert "no sabe contar" not in sentence or step == AuditStep.SIGN_IN_REFUSED


@pytest.mark.parametrize(
    ("told_entry", "sentence"),
    [
        (
            entry(AuditStep.DRAFT_KEPT, {"corrections": [], "accepted": []}),
            f"{BY} subió un libro, que se guardó como borrador del {DRAFTED}.",
        ),
        (
            entry(AuditStep.DRAFT_KEPT, {"corrections": [{"cell": "I7"}], "accepted": [{}, {}]}),
            f"{BY} guardó un borrador del {DRAFTED}, con 1 celda corregida en Folio y 2 hallazgos aceptados.",
        ),
        (
            entry(AuditStep.ISSUED, report=SECOND),
            f"{BY} emitió el {ISSUED_ONE}.",
        ),
        (
            entry(AuditStep.DOCUMENTS_REQUESTED, {"jobs": JOBS}),
            f"{BY} pidió el documento de Word, el documento de Excel y el Word con control de cambios del {DRAFTED}.",
        ),
        (
            entry(AuditStep.DOCUMENTS_REQUESTED, {"jobs": JOBS[:1], "again": True}, by="sin identificar (192.0.2.7)"),
            f"Alguien (desde 192.0.2.7) pidió otra vez el documento de Word del {DRAFTED}.",
        ),
        (
            entry(AuditStep.DOCUMENT_KEPT, subject=f"{'c' * 32}.pdf.final", by="Folio"),
            f"Folio escribió el PDF del {DRAFTED}.",
        ),
        (
            entry(AuditStep.SUPERSEDED, other=SECOND),
            f"El {DRAFTED} quedó reemplazado por el {ISSUED_ONE}.",
        ),
        (
            entry(AuditStep.ATTEMPT_REFUSED, subject="", report=None, by="Folio"),
            "Se intentó cambiar en la base de datos lo que Folio guarda para siempre, y no se permitió.",
        ),
        (
            entry(AuditStep.ISSUED, report=None),
            f"{BY} emitió el informe «cccccccc…».",
        ),
        (
            entry(AuditStep.OFFICE_CHANGED, subject="3", report=None, by="archivo oficina.toml"),
            "El archivo oficina.toml cambió los ajustes de la oficina: son los ajustes número 3.",
        ),
        (
            entry(AuditStep.OFFICE_RENAMED, {"name": ["Planeación", "Oficina Asesora de Planeación"]}),
            f"{BY} cambió el nombre de la oficina «Planeación»: ahora es «Oficina Asesora de Planeación».",
        ),
        (
            entry(
                AuditStep.ACCOUNT_CHANGED,
                {"changed": {"role": ["lectura", "aprueba"], "is_open": [True, False]}},
                account="Persona de Ejemplo",
            ),
            f"{BY} cambió la cuenta de «Persona de Ejemplo»: el rol pasó de «lectura» a «aprueba» y quedó cerrada.",
        ),
        (
            entry(AuditStep.PASSWORD_CHOSEN, account="Persona de Ejemplo Uno", by="Persona de Ejemplo Uno"),
            "Persona de Ejemplo Uno eligió otra contraseña para su cuenta.",
        ),
        (
            entry(AuditStep.SIGN_IN_REFUSED, {"login": "persona", "address": "192.0.2.7"}, subject="", account=None),
            "No se dejó entrar a quien dijo ser «persona», desde 192.0.2.7.",
        ),
        (
            entry(AuditStep.SESSION_ENDED, {"sessions_ended": 2}, account="Persona de Ejemplo Uno"),
            f"{BY} cerró 2 sesiones de la cuenta de «Persona de Ejemplo Uno».",
        ),
        (entry("a_step_of_tomorrow"), f"{BY} hizo algo que este Folio no sabe contar."),
    ],
)
def test_an_entry_is_told_in_a_sentence(told_entry: AuditEntry, sentence: str) -> None:
    assert sentence_of(told_entry) == sentence


def test_the_reports_in_a_sentence_can_be_gone_to() -> None:
    parts = told(entry(AuditStep.SUPERSEDED, other=SECOND))

    assert [part.report for part in parts if part.report] == [DRAFT.id, SECOND.id]
    assert parts[0] == Part("El ")


def test_a_word_of_a_sentence_or_a_name_finds_its_step() -> None:
    assert steps_saying("emitió") == steps_saying("EMITIO") == (AuditStep.ISSUED,)
    assert AuditStep.SIGNED_IN in steps_saying("entró")
    assert steps_saying("who") == steps_saying("{") == steps_saying("zzz") == ()


def test_details_are_read_out_with_their_labels() -> None:
    accepted = [{"code": "TARGET_002", "place": "Hoja1!G7", "reason": "Así lo aprobó el comité."}]
    details = {
        "quarter": 3, "version": "2.0", "approval": ["Comité", "Acta 9", None], "accepted": accepted, "jobs": JOBS[:2],
        "previous": None, "again": True,
        "corrections": [{"place": "Plan!G7", "before": None, "after": "1/03/2024"}],
        "mapping": [["Dependencia", "lead"], ["Nota", ""]], "new_key": {"a": [1]},
    }  # fmt: skip

    assert detail_lines(entry(AuditStep.ISSUED, details)) == (
        ("Trimestre", "III"),
        ("Versión", "2.0"),
        ("Aprobación", "Comité y Acta 9"),
        ("Hallazgos aceptados", "celda G7 de la hoja «Hoja1» (TARGET_002): Así lo aprobó el comité."),
        ("Documentos por escribir", "el documento de Word y el documento de Excel"),
        ("Sigue a", "nada"),
        ("Otra vez", "sí"),
        ("Celdas corregidas", "Plan!G7, de «» a «1/03/2024»"),
        ("Columnas", "Dependencia: RESPONSABLE; Nota: Otra columna de la oficina"),
        ("new_key", '{"a": [1]}'),
    )


def test_every_seal_that_an_entry_may_carry_has_a_label() -> None:
    assert {"seal", *ADDED} <= set(LABELS)


def test_nothing_that_somebody_wrote_into_the_details_stops_the_reading() -> None:
    odd: list[Any] = [None, True, 3, 1.5, "x\u202ey", [None], [["a"], 1], {"a": None}, "\ud800", {}]
    for step in AuditStep:
        for value in odd:
            details = dict.fromkeys(
                ("jobs", "kind", "changed", "name", "role", "accepted", "approval", "quarter"), value
            )
            spoiled = entry(step, details, subject="c.\ud800.x", by="\u202eotro", account="\u202d", report=None)
            assert sentence_of(spoiled)
            text = "".join(value for line in detail_lines(spoiled) for value in line)
            (text + sentence_of(spoiled)).encode()


def test_an_instant_is_told_to_the_second_in_bogota() -> None:
    assert exact_instant(NOON) == "15/10/2024, 12:00:05"
    assert step_name("a_step_of_tomorrow") == "Otro paso"
