"""The document's properties (title, subject, version), which programs show and search, held against the report."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from service.domain.frame import Seal
from service.domain.reports import Report
from worker.documents.proof_package import Package, parse
from worker.documents.proof_result import Findings
from worker.documents.proof_template import TextTemplate
from worker.documents.proof_values import all_shown, approval_values, plan_values, seal_values

_CORE: Final = "docProps/core.xml"


def tagged_properties(template: Package) -> dict[str, TextTemplate]:
    """The properties in which a template asks for something of the plan."""
    return {name: TextTemplate(text) for name, text in _properties(template).items() if "{{" in text}


def compare_properties(package: Package, expected: dict[str, TextTemplate], report: Report, findings: Findings) -> None:
    """Note every property that does not say what it must; a property is a single line."""
    if not expected:
        return
    holders = {"plan": plan_values(report), "aprobacion": approval_values(report), "sello": seal_values(report)}
    names = {
        holder: {name: " ".join(text.split()) for name, text in all_shown(values).items()}
        for holder, values in holders.items()
    }
    found = _properties(package)
    for name, text in expected.items():
        line = "".join(stretch.text for stretch in text.told(names))
        if " ".join(line.split()) != " ".join(found.get(name, "").split()):
            findings.tell(f"propiedades del documento, {name.rpartition('}')[2]}", line, found.get(name, ""))


def compare_identifier(package: Package, seal: Seal, findings: Findings) -> None:
    """Note when no property holds the code of an issued document."""
    if _CORE in package.names and not any(seal.code in text for text in _properties(package).values()):
        findings.tell("propiedades del documento", f"el código {seal.code}", "no está")


def _properties(package: Package) -> dict[str, str]:
    if _CORE not in package.names:
        return {}
    return _read(package.read(_CORE))


@lru_cache(maxsize=64)
def _read(content: bytes) -> dict[str, str]:
    return {str(element.tag): element.text or "" for element in parse(content, _CORE)}
