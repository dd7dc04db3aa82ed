"""Everything that is measured, one after the other, each in a process of its own -> the pages of results.

`python -m benchmarks` does all, `python -m benchmarks fills service` some.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from benchmarks import summary
from service.settings import PROJECT

# One after the other: what is measured beside something else is measured wrongly.
PAGES: Final = ("profile", "fills", "reading", "redlines", "proof", "growth", "memory", "pdf", "service", "capacity")


def main(wanted: list[str]) -> int:
    """Measure what is wanted; 1 where something took more than it may, or a peer was missing."""
    over = []
    for page in wanted or PAGES:
        print(f"\n--- {page}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{page}"], cwd=PROJECT, check=False).returncode:
            over.append(page)
    summary.write()
    if over:
        print(f"\nOver a limit, or without a peer: {', '.join(over)}. Their pages say which.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
