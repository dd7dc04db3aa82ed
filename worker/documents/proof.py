"""A finished document, the office's template and the report -> the proof that the document tells the report.

Re-read by code that did not write it: none of these modules knows those that fill templates.
"""

from __future__ import annotations

from worker.documents.proof_excel import prove_excel
from worker.documents.proof_result import Difference, Proof, Tally
from worker.documents.proof_word import prove_word

__all__ = ["Difference", "Proof", "Tally", "prove_excel", "prove_word"]
