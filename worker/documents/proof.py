"""A finished document, the office's template and the report -> the proof that the document tells the report.

Re-read by code that did not write it: none of these modules knows those that fill templates.
"""

from __future__ import annotations

from service.domain.proof import Difference, Proof, Tally
from service.domain.reports import DocumentKind, Report
from worker.documents.proof_excel import prove_excel
from worker.documents.proof_word import prove_word

__all__ = ["Difference", "Proof", "Tally", "prove", "prove_excel", "prove_word"]


def prove(kind: DocumentKind, content: bytes, template: bytes, report: Report) -> Proof:
    """Hold a finished document against its report.

    Args:
        kind: WORD, EXCEL or PDF.
        content: the file.
        template: the office's template that it was made of, as the office keeps it; of a PDF that of its Word.
        report: what the file must tell, whether as a draft, and what the office puts around it.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    match kind:
        case DocumentKind.WORD:
            return prove_word(content, template, report)
        case DocumentKind.EXCEL:
            return prove_excel(content, template, report)
        case DocumentKind.PDF:
            from worker.documents.proof_pdf import prove_pdf  # noqa: PLC0415 - its memory only where there is a PDF

            return prove_pdf(content, template, report)
        case _:
            raise ValueError(f"a document of kind {kind} is not held against its report")
