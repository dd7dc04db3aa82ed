"""What an office typed -> a run of a Word template that says it to the letter, whatever braces it holds."""

from __future__ import annotations

from worker.documents.splice import escape
from worker.documents.template_language import literal


def run(text: str, points: float, *, bold: bool = False) -> str:
    """A run with the text, in letters of that size."""
    weight = "<w:b/><w:bCs/>" if bold else ""
    return f'<w:r><w:rPr>{weight}{sized(points)}</w:rPr><w:t xml:space="preserve">{escape(literal(text))}</w:t></w:r>'


def sized(points: float) -> str:
    """The size of a run's letters."""
    return f'<w:sz w:val="{2 * points:g}"/><w:szCs w:val="{2 * points:g}"/>'
