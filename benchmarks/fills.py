"""Plans of growing length -> what filling Word and Excel costs, beside the peers and the least that it could cost.

CPU of the process that fills, warm. All take turns within one run, because milliseconds of a shared machine swing while
ratios stay. Every peer's document is looked into before the clock starts: who leaves something out is soon done.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import docx
import openpyxl

from benchmarks import contenders, curves
from benchmarks.contenders import PLANS, Maker, Work, context_for
from benchmarks.peers.processes import EXCEL_PEERS, WORD_PEERS, MissingPeer, fetch, filler, release_of
from benchmarks.turns import Times, Turn, cpu_of, in_turns, machine, table
from service.settings import PROJECT
from tests.plans import generated_plan, printed_rows
from worker.documents.context import Context

FOLDER: Final = PROJECT / "benchmarks" / "results"
RESULTS: Final = FOLDER / "fills.md"
# How often each side's turn comes.
TURNS: Final = {10: 15, 100: 9, 1_000: 5, 10_000: 2}
# How many fills in a row a turn is: short ones would mostly pay for what the others left in the processor's caches.
IN_A_ROW: Final = {10: 10, 100: 3, 1_000: 1, 10_000: 1}
# At each of whose turns Folio gets texts that it never had; more of them would be long in the making.
UNSEEN: Final = "never seen"
MOST_UNSEEN: Final = 1_000
# What is drawn: the work that all the figures that others published were measured with.
DRAWN: Final = "cycled"
OURS: Final = "Folio"


@dataclasses.dataclass(frozen=True, slots=True)
class Contest:
    """A document that is filled: by whom in this process, and by which peers in theirs."""

    document: str
    here: Mapping[str, Callable[[int, Maker], Work]]
    peers: tuple[str, ...]


CONTESTS: Final = (
    Contest(
        "Word",
        {OURS: contenders.word_ours, "floor": contenders.word_floor, "docxtpl": contenders.word_docxtpl},
        WORD_PEERS,
    ),
    Contest(
        "Excel",
        {
            OURS: contenders.excel_ours,
            "floor": contenders.excel_floor,
            "xlsxwriter": contenders.excel_xlsxwriter,
            "openpyxl": contenders.excel_openpyxl,
        },
        EXCEL_PEERS,
    ),
)


def main() -> int:
    """Print the tables as they grow, keep them, and draw the curves."""
    peers, missing = _peers()
    lines = [
        "# Filling Word and Excel",
        "",
        f"{machine()}; {peers}.",
        "Median CPU milliseconds of a warm fill (least to most), and how many times as long as Folio each took; all in",
        "turns within one run. `cycled`: the ten actions of the reference over and over; `generated`: texts all",
        "different, the same at each turn; `never seen`: other texts at each of Folio's turns, for Folio remembers how",
        "tall a text is and nobody else remembers anything. The floor is no program that anybody could use, but the",
        "least that the work could cost. A turn is ten fills in a row at 10 actions, three at 100 and one beyond.",
        "Written by `python -m benchmarks.fills`.",
        *(f"\n**Missing:** {each}" for each in missing),
    ]
    print("\n".join(lines), flush=True)
    for contest in CONTESTS:
        lines += _told(contest, [] if missing else list(contest.peers))
    RESULTS.write_text("\n".join([*lines, ""]), "utf-8")
    print(f"\n{RESULTS.relative_to(PROJECT)}")
    return 1 if missing else 0


def _peers() -> tuple[str, list[str]]:
    """The peers' releases, and what is missing."""
    try:
        fetch()
    except MissingPeer as problem:
        return "no peers", [str(problem)]
    return ", ".join(release_of(peer) for peer in (*WORD_PEERS, *EXCEL_PEERS)), []


def _told(contest: Contest, peers: list[str]) -> list[str]:
    names = [*contest.here, *peers]
    medians: dict[str, dict[int, float]] = {name: {} for name in names}
    milliseconds, ratios = [], []
    for says, maker in (*PLANS.items(), (UNSEEN, generated_plan)):
        for actions in TURNS:
            if says == UNSEEN and actions > MOST_UNSEEN:
                continue
            times = _measured(contest, peers, actions, maker, is_unseen=says == UNSEEN)
            ours = times[OURS].median
            milliseconds.append([says, f"{actions:,}", *(times[name] for name in names)])
            ratios.append(
                [says, f"{actions:,}", *(f"{times[name].median / ours:.1f}x" for name in names if name != OURS)]
            )
            print(contest.document, *ratios[-1], flush=True)
            if says == DRAWN:
                for name in names:
                    medians[name][actions] = times[name].median
    picture = FOLDER / f"{contest.document.lower()}.svg"
    picture.write_text(curves.picture(f"{contest.document}, from the report to the file", medians), "utf-8")
    lines = ["", f"## {contest.document}: times as long as Folio", ""]
    lines += table(["plan", "actions", *(name for name in names if name != OURS)], ratios)
    lines += ["", f"## {contest.document}: milliseconds", "", *table(["plan", "actions", *names], milliseconds)]
    lines += ["", f"![How each grows]({picture.name})"]
    return lines


def _measured(contest: Contest, peers: list[str], actions: int, maker: Maker, *, is_unseen: bool) -> dict[str, Times]:
    context = context_for(actions, maker)
    rows = printed_rows(maker(actions))
    with contextlib.ExitStack() as stack:
        contesting: dict[str, Turn] = {}
        for name, side in contest.here.items():
            work = side(actions, maker)
            _check(contest, work(), rows, name)
            turn = cpu_of(_unseen(side, actions) if is_unseen and name == OURS else work)
            contesting[name] = _in_a_row(turn, actions)
        for peer in peers:
            turn = stack.enter_context(_checked(contest, peer, context, rows))
            contesting[peer] = _in_a_row(turn, actions)
        return in_turns(contesting, TURNS[actions])


def _in_a_row(turn: Turn, actions: int) -> Turn:
    times = IN_A_ROW[actions]
    return lambda: sum(turn() for _ in range(times)) / times


def _unseen(side: Callable[[int, Maker], Work], actions: int) -> Work:
    """A side that fills another plan at each turn; they are made before the clock starts."""
    seeds = range(1, (TURNS[actions] + 1) * IN_A_ROW[actions] + 1)
    waiting = [side(actions, functools.partial(generated_plan, seed=seed)) for seed in seeds]

    def fill_another() -> bytes:
        return waiting.pop()()

    return fill_another


@contextlib.contextmanager
def _checked(contest: Contest, peer: str, context: Context, rows: list[list[str]]) -> Iterator[Turn]:
    with filler(peer, context) as (turn, written):
        turn()
        _check(contest, Path(written).read_bytes(), rows, peer)
        yield turn


def _check(contest: Contest, content: bytes, rows: list[list[str]], by: str) -> None:
    """The first and the last action are there, whole.

    Raises:
        AssertionError: they are not.
    """
    if contest.document == "Word":
        body = docx.Document(io.BytesIO(content)).tables[0].rows
        found = [[_braced(cell.text) for cell in body[place].cells] for place in (2, len(rows) + 1)]
        assert found == [list(map(_braced, row)) for row in (rows[0], rows[-1])], by
        return
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    told = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    # An avance may be longer than a row can be tall, and goes on in the next.
    assert {*rows[0][1:5], *rows[-1][1:5]} <= told, by


def _braced(text: str) -> str:
    # docxtpl takes "{_{" for its own way of writing "{{".
    return text.replace("{_{", "{{").replace("}_}", "}}")


if __name__ == "__main__":
    sys.exit(main())
