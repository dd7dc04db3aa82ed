"""The details of an entry of the audit log -> labels and values as a person reads them.

What nobody foresaw is shown as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from service.domain.reports import DocumentKind
from service.domain.values import ROMAN, legible
from service.said import FIELDS
from service.store import AuditEntry
from service.web.wording import documents_named, field_name, joined

_PAIR: Final = ("header", "field")
# Lists whose members have commas of their own.
_SENTENCES: Final = {"accepted", "corrections", "mapping"}
# What each of the details that entries have is called.
LABELS: Final = {
    "year": "Vigencia",
    "quarter": "Trimestre",
    "version": "Versión",
    "edition": "Edición",
    "reason": "Razón",
    "approval": "Aprobación",
    "description": "Control de cambios",
    "previous": "Sigue a",
    "by": "Lo reemplazó",
    "accepted": "Hallazgos aceptados",
    "corrections": "Celdas corregidas",
    "jobs": "Documentos por escribir",
    "kind": "Documento",
    "report": "Informe",
    "filename": "Archivo",
    "refusal": "Lo que se intentó",
    "mapping": "Columnas",
    "upload_sha256": "Huella del libro",
    "reading_sha256": "Huella de lo leído",
    "sha256": "Huella del archivo",
    "template_fingerprint": "Huella de la plantilla",
    "seal": "Sello de lo guardado",
    "seal_of_added": "Sello de lo que se agregó",
    "seal_of_uploader": "Sello de quién lo subió",
    "seal_of_office": "Sello de su oficina",
    "office": "Oficina",
    "name": "Nombre",
    "login": "Usuario",
    "role": "Rol",
    "is_open": "Cuenta abierta",
    "changed": "Lo que cambió",
    "address": "Dirección",
    "session": "Sesión",
    "sessions_ended": "Sesiones cerradas",
    "tokens_ended": "Llaves anuladas",
    "expires_at": "Vence",
    "account": "Cuenta",
    "purpose": "Para qué es",
    "issuer": "Proveedor",
    "subject": "Identidad",
    "with_link": "Con un enlace de un solo uso",
    "again": "Otra vez",
}


def detail_lines(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """What more an entry holds: labels and values, as they would be read out."""
    return tuple((LABELS.get(key, key), shown(key, value)) for key, value in entry.details.items())


def kind_in(job: str) -> DocumentKind | None:
    """The kind of document in the id of its job: "4f6c….word.final"."""
    return _kind(job.partition(".")[2].partition(".")[0])


def shown(key: str, value: object) -> str:
    """A detail as it would be read out; what nobody foresaw as it stands."""
    if value in (None, "", [], {}):
        return "todas" if key == "office" else "nada"
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, list):
        texts = [_SHOWN.get(key, _plain)(each) for each in value if each is not None]
        return "; ".join(texts) if key in _SENTENCES else joined(texts or [""])
    return _SHOWN.get(key, _plain)(value)


def _plain(value: object) -> str:
    return legible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _kind(name: str) -> DocumentKind | None:
    return DocumentKind(name) if name in set(DocumentKind) else None


def _job(job: object) -> str:
    kind = kind_in(str(job))
    return documents_named([kind]) if kind else _plain(job)


def _accepted(finding: object) -> str:
    if not isinstance(finding, dict):
        return _plain(finding)
    sheet, _, cell = str(finding.get("place") or "").rpartition("!")
    where = f"celda {cell} de la hoja «{sheet}»" if cell and sheet else "todo el libro"
    return _plain(f"{where} ({finding.get('code')}): {finding.get('reason')}")


def _correction(cell: object) -> str:
    if not isinstance(cell, dict):
        return _plain(cell)
    return _plain(f"{cell.get('place')}, de «{cell.get('before') or ''}» a «{cell.get('after') or ''}»")


def _column(pair: object) -> str:
    """What a column contains: "Dependencia: RESPONSABLE"."""
    if isinstance(pair, list) and len(pair) == len(_PAIR) and pair[1] in {*FIELDS.values(), ""}:
        return _plain(f"{pair[0]}: {field_name(pair[1])}")
    return _plain(pair)


def _document_of(kind: object) -> str:
    known = _kind(str(kind))
    return documents_named([known]) if known else _plain(kind)


_SHOWN: Final[Mapping[str, Callable[[object], str]]] = {
    "jobs": _job,
    "accepted": _accepted,
    "corrections": _correction,
    "kind": _document_of,
    "mapping": _column,
    "quarter": lambda quarter: ROMAN[quarter] if isinstance(quarter, int) and quarter in ROMAN else _plain(quarter),
}
