"""An issued report and its documents -> the package: one zip with all that is published of it, and how to check it.

The documents go in byte for byte as they were issued. The same report and documents give the same zip: files stand in a
fixed order and bear the hour of the issue. What is missing is said in the LEAME, and never stands in the way.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Final

from service.domain.archive import change_log_to_json
from service.domain.reports import Companion, DocumentKind, Report, document_filename
from service.domain.values import BOGOTA
from worker.documents.open_data import as_json, csv_of, dictionary, json_of, schema_json, table_csv
from worker.documents.publication_texts import (
    Published,
    entry_page,
    entry_text,
    metadata,
    metadata_text,
    name_of,
    readme,
)

_DOCUMENTS: Final = {
    DocumentKind.WORD: "Informe en Word",
    DocumentKind.EXCEL: "Informe en Excel",
    DocumentKind.PDF: "Informe en PDF",
}
_CHANGES: Final = "Cambios frente al informe anterior"
# What a reader wants first.
_FIRST: Final = ("LEAME.txt", "MANIFIESTO.json", "SHA256SUMS")
_LOG_HEADERS: Final = ("VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA")
_NOT_WRITTEN: Final = "No estaba listo cuando se hizo este paquete."
_MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}


class _Box:
    """The files of the package in their order."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.files: list[Published] = []

    def put(self, path: str, told: str, content: bytes | str) -> Published:
        raw = content.encode() if isinstance(content, str) else content
        extension = path.rpartition(".")[2]
        media_type = _MEDIA_TYPES.get(extension) or _media_type_of(extension)
        file = Published(path, told, len(raw), hashlib.sha256(raw).hexdigest(), media_type)
        self.contents[path] = raw
        self.files.append(file)
        return file


def render_package(report: Report, companions: Sequence[Companion]) -> bytes:
    """The zip; the same arguments give the same bytes.

    Args:
        report: an issued one.
        companions: its documents, in any order; those that are no part of a publication are passed over.
    """
    plan = report.plan
    by_kind = {companion.kind: companion for companion in companions}
    # Named as the documents are, whose edition stands at the end.
    stem = document_filename(plan, report.edition, DocumentKind.WORD).removesuffix(".docx")
    box = _Box()
    shown = [
        box.put(f"documentos/{document.filename}", told, document.content)
        for kind, told in _DOCUMENTS.items()
        if (document := by_kind.get(kind)) and document.content is not None
    ]
    csv_name, json_name, schema_name = f"{stem}.csv", f"{stem}.json", "esquema.json"
    shown.append(box.put(f"datos-abiertos/{csv_name}", "Datos abiertos, una fila por acción", csv_of(report)))
    shown.append(box.put(f"datos-abiertos/{json_name}", "Datos abiertos para programas", json_of(report)))
    box.put(f"datos-abiertos/{schema_name}", "Forma de los datos para programas (JSON Schema)", schema_json())
    told = dictionary(report, csv_name, json_name, schema_name)
    box.put("datos-abiertos/LEAME-diccionario-de-datos.txt", "Diccionario de datos", told)
    changes = by_kind.get(DocumentKind.CHANGES)
    if changes and changes.content is not None:
        box.put(f"control-de-cambios/{changes.filename}", _CHANGES, changes.content)
    if log := _change_log(report):
        box.put("control-de-cambios/control-de-cambios.csv", "Control de cambios", log)
    box.put("entrada-web/menu-4.3-plan-de-accion.html", "Entrada del menú 4.3, para pegar", entry_page(report, shown))
    box.put("entrada-web/menu-4.3-plan-de-accion.txt", "La misma entrada, en texto", entry_text(report, shown))
    about = metadata(report, box.files, _pages(by_kind.get(DocumentKind.PDF)))
    box.put("metadatos/metadatos.json", "Metadatos para el archivo (AGN)", as_json(about))
    box.put("metadatos/metadatos.txt", "Los mismos metadatos, para leer", metadata_text(about))
    missing = list(_missing(report, by_kind))
    box.put("LEAME.txt", "Qué es esto y cómo se comprueba", readme(report, box.files, missing))
    box.put("MANIFIESTO.json", "Lista de los archivos con su huella", as_json(_manifest(report, box.files, missing)))
    box.put("SHA256SUMS", "Huellas, para comprobarlas", "".join(f"{f.sha256}  {f.path}\n" for f in box.files))
    return _zipped(report, box.contents)


def _missing(report: Report, by_kind: dict[DocumentKind, Companion]) -> Iterator[str]:
    """What a publication has and this one lacks, and why."""
    wanted = _DOCUMENTS | ({DocumentKind.CHANGES: _CHANGES} if report.previous_id else {})
    for kind, told in wanted.items():
        document = by_kind.get(kind)
        if document is None or document.content is None:
            yield f"{told}: {(document and document.problem) or _NOT_WRITTEN}"


def _manifest(report: Report, files: Sequence[Published], missing: Sequence[str]) -> dict[str, object]:
    return {
        "informe": name_of(report),
        "identificador": report.id,
        "archivos": [
            {"archivo": file.path, "descripcion": file.told, "bytes": file.size, "sha256": file.sha256}
            for file in files
        ],
        "faltan": list(missing),
    }


def _change_log(report: Report) -> bytes:
    """The control de cambios as CSV: that of the documents, else the report's own row; empty where nobody wrote any."""
    entries = report.change_log or ((report.modification,) if report.modification else ())
    return table_csv(_LOG_HEADERS, change_log_to_json(entries)) if entries else b""


def _pages(pdf: Companion | None) -> int | None:
    if pdf is None or pdf.content is None:
        return None
    import pypdfium2  # noqa: PLC0415 - its memory only where there is a PDF

    document = pypdfium2.PdfDocument(pdf.content)
    try:
        return len(document)
    finally:
        document.close()


def _media_type_of(extension: str) -> str:
    return next((kind.media_type for kind in DocumentKind if kind.extension == extension), "text/plain; charset=utf-8")


def _zipped(report: Report, contents: dict[str, bytes]) -> bytes:
    at = report.created_at.astimezone(BOGOTA)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (*_FIRST, *(path for path in contents if path not in _FIRST)):
            info = zipfile.ZipInfo(path, (at.year, at.month, at.day, at.hour, at.minute, at.second))
            # The same on every system that writes it: a file of Unix that everybody may read.
            info.create_system, info.external_attr = 3, 0o644 << 16
            # Documents are compressed already.
            is_text = path.rpartition(".")[2] in {*_MEDIA_TYPES, "SHA256SUMS"}
            info.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
            archive.writestr(info, contents[path])
    return packed.getvalue()
