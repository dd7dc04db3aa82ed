"""The pages of results -> the table that README.md shows of them, between its two marks."""

from __future__ import annotations

import re
from typing import Final

from benchmarks.turns import table
from service.settings import PROJECT

RESULTS: Final = PROJECT / "benchmarks" / "results"
README: Final = PROJECT / "README.md"
BEGIN: Final = "<!-- measured: written by make bench -->"
END: Final = "<!-- measured: end -->"
# Of the plans that were measured, the one that README.md tells of.
_PLAN: Final = "cycled"
_ROW: Final = re.compile(r"\| .* \|$")


def lines() -> list[str]:
    """What README.md shows: how many times as long as Folio each took, and Folio's own milliseconds."""
    shown: list[list[str]] = []
    lengths: list[str] = []
    for document in ("Word", "Excel"):
        own = _of_plan(_rows(f"{document}: milliseconds"))
        ratios = _of_plan(_rows(f"{document}: times as long as Folio"))
        lengths = [row["actions"] for row in own]
        shown.append([f"{document} by Folio, CPU ms", *(row["Folio"].partition(" ")[0] for row in own)])
        rivals = [name for name in ratios[0] if name not in {"plan", "actions"}]
        shown += [[f"{document} by {name}", *(row[name] for row in ratios)] for name in rivals]
    return table(["actions", *lengths], shown)


def write() -> None:
    """Put the table into README.md."""
    text = README.read_text("utf-8")
    README.write_text(_with_table(text, lines()), "utf-8")


def is_shown() -> bool:
    """Whether README.md shows what the pages of results say."""
    text = README.read_text("utf-8")
    return _with_table(text, lines()) == text


def _with_table(text: str, shown: list[str]) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join((f"{before}{BEGIN}", *shown, f"{END}{after}"))


def _rows(heading: str) -> list[dict[str, str]]:
    """The rows of the first table below a heading of the page on fills, each by its column's name."""
    below = (RESULTS / "fills.md").read_text("utf-8").partition(f"## {heading}\n")[2].strip().splitlines()
    written: list[list[str]] = []
    for line in below:
        if not _ROW.match(line) and not line.startswith("|---"):
            break
        written.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(written[0], row, strict=True)) for row in written[2:]]


def _of_plan(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["plan"] == _PLAN]
