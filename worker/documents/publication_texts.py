"""What is published -> what tells people about it: the LEAME, the metadata for the archive, the entry of the web menu.

Nothing is invented: what the office has not said is left out. Sizes, names and sums are those of the files themselves.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.domain.reports import Report
from service.domain.values import BOGOTA, printed_date, printed_size

Json = dict[str, Any]

# Run as it stands in the folder of the package; shasum is macOS's.
CHECK_SCRIPT: Final = """\
if command -v sha256sum > /dev/null
then sha256sum -c SHA256SUMS
else shasum -a 256 -c SHA256SUMS
fi
"""
_CHECK_IN_WINDOWS: Final = """\
Get-Content SHA256SUMS | ForEach-Object {
  $suma, $archivo = $_ -split '  ', 2
  if ((Get-FileHash -Algorithm SHA256 -LiteralPath $archivo).Hash -eq $suma) { "${archivo}: OK" }
  else { "${archivo}: ALTERADO" }
}
"""


@dataclass(frozen=True, slots=True)
class Published:
    """A file of the package: its path in it, what it is (Spanish), its bytes' number, SHA-256 (hex) and media type."""

    path: str
    told: str
    size: int
    sha256: str
    media_type: str


def name_of(report: Report) -> str:
    """The report as a title: "Seguimiento al plan de acción 2024, III trimestre, versión 2.0"."""
    plan = report.plan
    correction = f", edición {report.edition}" if report.edition > 1 else ""
    return (
        f"Seguimiento al plan de acción {plan.year}, {plan.quarter.roman} trimestre, versión {plan.version}{correction}"
    )


def readme(report: Report, files: Sequence[Published], missing: Sequence[str]) -> str:
    """What the package holds, what it lacks and why, and how to see without Folio that nothing was altered."""
    indented = ["    " + line for line in CHECK_SCRIPT.splitlines()]
    in_windows = ["    " + line for line in _CHECK_IN_WINDOWS.splitlines()]
    width = max(len(file.path) for file in files)
    lines = [
        name_of(report).upper(),
        "",
        *(f"{label}: {text}" for label, text in _about(report)),
        "",
        "QUÉ HAY EN ESTE PAQUETE",
        *(f"  {file.path:{width}}  {file.told} ({printed_size(file.size)})" for file in files),
        "",
    ]
    if missing:
        lines += ["QUÉ FALTA", *(f"  {reason}" for reason in missing), ""]
    lines += [
        "CÓMO SE PUBLICA",
        "  La carpeta «entrada-web» trae el texto para el menú «4. Planeación, presupuesto e informes», «4.3 Plan de",
        "  acción». Suba los archivos de «documentos» y de «datos-abiertos», pegue el texto y ponga en cada enlace la",
        "  dirección que su sitio le dio a cada archivo.",
        "",
        "CÓMO SE COMPRUEBA QUE NADA CAMBIÓ",
        "  SHA256SUMS tiene la huella SHA-256 de cada archivo, y MANIFIESTO.json las mismas con lo que es cada uno. Se",
        "  comprueban sin conexión y sin Folio, desde la carpeta donde se descomprimió el paquete.",
        "",
        "  En Linux y macOS, en una terminal:",
        "",
        *indented,
        "",
        "  En Windows, en PowerShell:",
        "",
        *in_windows,
        "",
        "  Cada archivo debe decir OK, o «La suma coincide».",
    ]
    if report.seal:
        lines += [
            "",
            f"  El código del informe es {report.seal.code}. Con conexión, su página dice si es el vigente y compara",
            f"  cualquier copia con lo que se emitió: {report.seal.address}",
        ]
    return "\n".join(lines) + "\n"


def metadata(report: Report, files: Sequence[Published], pages: int | None) -> Json:
    """What an archive asks of an electronic document (AGN's scheme of metadata); what nobody has said is not there.

    `pages` are the PDF's, None without one.
    """
    plan, frame, approval = report.plan, report.frame, report.approval
    said = {
        "instancia": approval.instance,
        "acto": approval.act,
        "fecha": approval.on.isoformat() if approval.on else "",
    }
    told: Json = {
        "referencia": "Esquema de Metadatos del AGN; Acuerdo AGN 001 de 2024, Único de la Función Archivística",
        "identificador": report.id,
        "titulo": name_of(report),
        "tipo_documental": "Informe de seguimiento al plan de acción",
        "entidad": frame.entity,
        "periodo": {
            "vigencia": plan.year,
            "trimestre": plan.quarter.roman,
            "desde": plan.quarter.starts_on.isoformat(),
            "hasta": plan.quarter.ends_on.isoformat(),
        },
        "fecha": report.created_at.astimezone(BOGOTA).date().isoformat(),
        "version": str(plan.version),
        "edicion": report.edition,
        "aprobacion": {name: text for name, text in said.items() if text},
        "firmantes": [
            {"rol": signer.role.label, "nombre": signer.name, "cargo": signer.printed_position}
            for signer in frame.signers
        ],
        "soporte": "Electrónico",
        "folios": pages,
        "idioma": "es-CO",
        "codigo_de_verificacion": report.seal.code if report.seal else "",
        "pagina_de_verificacion": report.seal.address if report.seal else "",
        "archivos": [
            {
                "archivo": file.path,
                "descripcion": file.told,
                "tipo_de_medio": file.media_type,
                "bytes": file.size,
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
    return {name: value for name, value in told.items() if value not in ("", None, [], {})}


def metadata_text(data: Json) -> str:
    """The metadata for people: a line for each, the parts of one indented."""
    return "\n".join(["METADATOS DEL DOCUMENTO", "", *_lines(data, "")]) + "\n"


def entry_text(report: Report, files: Sequence[Published]) -> str:
    """The entry of the web menu as plain text."""
    lines = [name_of(report), "", _told(report), ""]
    lines += [f"{label}: {text}" for label, text in _about(report)]
    lines += ["", "Archivos", *(f"- {_link(report, file)}" for file in files)]
    return "\n".join(lines) + "\n"


def entry_page(report: Report, files: Sequence[Published]) -> str:
    """The entry as a page: what stands in `section` is for the web editor, with links that say what they lead to."""
    about = "\n".join(
        f"    <dt>{html.escape(label)}</dt><dd>{html.escape(text)}</dd>" for label, text in _about(report)
    )
    links = "\n".join(
        f'    <li><a href="../{html.escape(file.path)}">{html.escape(_link(report, file))}</a></li>' for file in files
    )
    title = html.escape(name_of(report))
    return f"""<!doctype html>
<html lang="es-CO">
<head>
  <meta charset="utf-8">
  <title>{title}</title>
</head>
<body>
<section lang="es-CO">
  <h2>{title}</h2>
  <p>{html.escape(_told(report))}</p>
  <dl>
{about}
  </dl>
  <h3>Archivos</h3>
  <ul>
{links}
  </ul>
</section>
</body>
</html>
"""


def _told(report: Report) -> str:
    plan = report.plan
    told = (
        f"informe de seguimiento al plan de acción {plan.year}, con corte al {printed_date(plan.quarter.ends_on)}: "
        f"el avance de {_counted(len(plan.actions), 'acción', 'acciones')} en el {plan.quarter.roman} trimestre."
    )
    # No "de": whether the entity's name takes an article, and which, is not known.
    return f"{report.frame.entity}: {told}" if report.frame.entity else f"{told[0].upper()}{told[1:]}"


def _about(report: Report) -> list[tuple[str, str]]:
    """What identifies the report, each with its name; what nobody has said is not there."""
    plan, approval = report.plan, report.approval
    approved = (approval.instance, approval.act, printed_date(approval.on) if approval.on else "")
    told = [
        ("Entidad", report.frame.entity),
        ("Vigencia", str(plan.year)),
        ("Corte", f"{plan.quarter.roman} trimestre, al {printed_date(plan.quarter.ends_on)}"),
        ("Versión del plan", str(plan.version)),
        ("Edición del informe", str(report.edition)),
        ("Fecha de emisión", printed_date(report.created_at.astimezone(BOGOTA).date())),
        ("Aprobación", ", ".join(word for word in approved if word)),
        ("Código de verificación", report.seal.code if report.seal else ""),
    ]
    return [(label, text) for label, text in told if text]


def _link(report: Report, file: Published) -> str:
    """What a link says: which document of which report, in what format, how big."""
    extension = file.path.rpartition(".")[2].upper()
    return f"{file.told}: {name_of(report)} ({extension}, {printed_size(file.size)})"


def _lines(data: Json, indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in data.items():
        label = f"{indent}{_LABELS.get(name, name)}"
        match value:
            case dict():
                lines += [f"{label}:", *_lines(value, f"{indent}  ")]
            case list():
                lines += [f"{label}:"]
                for each in value:
                    first, *rest = _lines(each, "")
                    lines += [f"{indent}  - {first}", *(f"{indent}    {line}" for line in rest)]
            case _:
                lines.append(f"{label}: {value}")
    return lines


_LABELS: Final = {
    "referencia": "Referencia",
    "identificador": "Identificador",
    "titulo": "Título",
    "tipo_documental": "Tipo documental",
    "entidad": "Entidad",
    "periodo": "Período",
    "vigencia": "Vigencia",
    "trimestre": "Trimestre",
    "desde": "Desde",
    "hasta": "Hasta",
    "fecha": "Fecha",
    "version": "Versión del plan",
    "edicion": "Edición del informe",
    "aprobacion": "Aprobación",
    "instancia": "Instancia",
    "acto": "Acto",
    "firmantes": "Firmantes",
    "rol": "Rol",
    "nombre": "Nombre",
    "cargo": "Cargo",
    "soporte": "Soporte",
    "folios": "Folios (páginas del PDF)",
    "idioma": "Idioma",
    "codigo_de_verificacion": "Código de verificación",
    "pagina_de_verificacion": "Página de verificación",
    "archivos": "Archivos",
    "archivo": "Archivo",
    "descripcion": "Descripción",
    "tipo_de_medio": "Tipo de medio",
    "bytes": "Bytes",
    "sha256": "SHA-256",
}


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
