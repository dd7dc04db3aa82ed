"""Damage for finished documents: what may go wrong between a report and its paper, planted by hand."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from service.domain.frame import Approval, FormatBox, Frame, Logo, Role, Seal, Signer
from service.domain.plan import Plan
from service.domain.reports import ChangeLogEntry, Report
from service.domain.values import PlainText, Target, VersionNumber
from tests.plans import generated_plan, report_of
from worker.documents.qr import qr_png

LOG = (
    ChangeLogEntry(VersionNumber(1, 0), dt.date(2024, 1, 31), "Versión inicial del plan.", "Comité"),
    ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 8, 5), "Se modificó la meta (=1+1) & el <lead>.\nAsí.", "Comité"),
)
HARD = (
    "R&D & <eficaz> </w:t> &amp; «ñandú» 'simples' \"dobles\"",
    "línea 1\nlínea 2\n\nlínea 4",
    "  dos espacios  y en medio, y al final  ",
    "=1+1",
    "{{ plan.titulo }} {% for %} 100 % seguro %s %(x)s",
    "1.234,5",
    "N/A",
)
TARGETS = ("1.234,5", "25 %", "12,5 %", "N/A", "4", "0,25", "1.234.567", "Por definir", "33,3 %")


def edited(content: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The file with one part changed; the change must change something."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            plain = old.read(info)
            if info.filename == part:
                told = plain.decode("utf-8")
                changed = change(told)
                assert changed != told, "nothing was damaged"
                plain = changed.encode("utf-8")
            new.writestr(info.filename, plain)
    return out.getvalue()


def with_part(content: bytes, part: str, plain: bytes) -> bytes:
    """The file with one part more."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, plain)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    """Every part of a file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def word_rows(xml: str) -> list[str]:
    """The rows of a Word part, as they are written."""
    return re.findall(r"<w:tr[ >].*?</w:tr>", xml, re.DOTALL)


def word_cells(row: str) -> list[str]:
    """The cells of a Word row, as they are written."""
    return re.findall(r"<w:tc>.*?</w:tc>", row, re.DOTALL)


def varied_report(seed: int) -> Report:
    """A report unlike the last: length, targets, empty cells, hard texts, columns of its own, draft or final, a log."""
    chance = random.Random(seed)
    plan = generated_plan(chance.randint(1, 40), seed)
    has_extras = chance.random() < 0.4
    actions = []
    for action in plan.actions:
        changed = replace(action, target=Target.from_printed(chance.choice(TARGETS)))
        if chance.random() < 0.2:
            changed = replace(changed, indicator=PlainText.admit(chance.choice(HARD)))
        if chance.random() < 0.1:
            changed = replace(changed, starts_on=None, unit=None)
        if chance.random() < 0.1:
            changed = replace(changed, number=PlainText(chance.choice(["1.1", "007", "A-3"])))
        if chance.random() < 0.2:
            changed = replace(changed, ends_on=dt.date(2024, chance.randint(1, 12), chance.randint(1, 28)))
        if has_extras and chance.random() < 0.9:
            own = (("Línea estratégica", PlainText.admit(chance.choice(HARD))), ("Ponderación", PlainText("12 %")))
            changed = replace(changed, extras=own)
        actions.append(changed)
    log = LOG[: chance.randint(0, 2)]
    return replace(
        report_of(replace(plan, actions=tuple(actions)), edition=chance.randint(1, 3)),
        is_draft=chance.random() < 0.3,
        change_log=log,
    )


SEAL = Seal("K7QF-3M9P-X2TD", "https://planeacion.example/verificar/K7QF-3M9P-X2TD")
_SIGNERS = (
    Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional de Ejemplo R&D"),
    Signer(Role.DRAFTED, "Persona de Ejemplo {{ Dos }}", "Profesional <de Ejemplo>", is_acting=True),
    Signer(Role.REVIEWED, "Persona de Ejemplo Tres", "Jefe de la Oficina Asesora de Planeación de Ejemplo"),
    Signer(
        Role.REVIEWED, "Ñandú de la Muy Larga Serie de Nombres de Ejemplo que no Caben en una Línea", "Jefe de Ejemplo"
    ),
    Signer(Role.APPROVED, "Persona d'Ejemplo Cinco", "Director de Ejemplo", is_acting=True),
)
_BOXES = (
    FormatBox(),
    FormatBox("Planeación", "Seguimiento al plan de acción", "PL-FR-01", "3", dt.date(2024, 2, 1)),
    FormatBox(code="X & 1"),
    FormatBox("Direccionamiento estratégico y planeación de largo plazo", "Formato de seguimiento " * 3, "PL-2", "12"),
)


def varied_frame(seed: int) -> Frame:
    """What an office may put around its reports: anything from nothing to all that there is."""
    chance = random.Random(seed)
    signers = [signer for signer in _SIGNERS if chance.random() < 0.6]
    logo = Logo(qr_png("logo"), "image/png", 200, 200, "Logo de ejemplo")
    return Frame(
        entity=chance.choice(["", "Entidad de Ejemplo", "3 Regiones & Ejemplo"]),
        logo=chance.choice([None, logo]),
        signers=tuple(signers),
        approval=chance.choice([Approval(), Approval("Comité de Ejemplo", "Acta 5", dt.date(2024, 5, 2))]),
        format_box=chance.choice(_BOXES),
        has_radicado_zone=chance.random() < 0.4,
    )


def with_varied_frame(report: Report, seed: int) -> Report:
    """The report in a frame unlike the last; an issued one mostly has a seal."""
    frame = varied_frame(seed)
    has_seal = not report.is_draft and seed % 4 != 0
    other = Approval("Junta de Ejemplo", "Acuerdo 3")
    approval = other if seed % 5 == 0 else frame.approval
    return replace(report, frame=frame, approval=approval, seal=SEAL if has_seal else None)


def fully_framed(report: Report) -> Report:
    """The report with everything around it that there can be."""
    logo = Logo(qr_png("logo"), "image/png", 200, 200, "Logo de ejemplo")
    approval = Approval("Comité de Ejemplo", "Acta 5", dt.date(2024, 5, 2))
    frame = Frame("Entidad de Ejemplo", logo, _SIGNERS[::2], approval, _BOXES[1], has_radicado_zone=True)
    return replace(report, frame=frame, approval=approval, seal=SEAL)


def simple_plan(actions: int = 6) -> Plan:
    """A plan whose every cell is told apart from every other."""
    plan = generated_plan(actions)
    return replace(
        plan,
        actions=tuple(
            replace(
                action,
                action=PlainText(f"Acción única {n} con R&D y su texto"),
                lead=PlainText(f"Subdirección {n}"),
                indicator=PlainText(f"Indicador propio {n}"),
                target=Target(Decimal(1000 + n)),
                starts_on=dt.date(2024, 3, n),
                qualitative_progress=PlainText(
                    f"Durante el trimestre {n} se logró el avance previsto, hasta el final."
                ),
            )
            for n, action in enumerate(plan.actions, start=1)
        ),
    )
