"""`python -m tests.fuzz.run TARGET`: spoils good files and tries what becomes of them, until time or tries are over.

With atheris (`--coverage`) the spoiling follows the code that is reached; without it, it follows a number alone. A file
that surprises is kept beside the sentence, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import resource
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.mutations import mutated

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

MIB: Final = 1024 * 1024
# What a room gives a file that takes its time, and a little more for being measured.
SECONDS: Final = 3.0
KEPT: Final = Path("var/fuzz")
NAMES: Final = ("guard", "reader", "template", "papers")


def seeded(target: Target, first: int, tries: int, seconds: float) -> int:
    """Try files that a number spoils, and say how many there were."""
    seeds = target.seeds()
    until = time.monotonic() + seconds
    for done in range(tries):
        if time.monotonic() > until:
            return done
        try_out(target, mutated(first + done, seeds[done % len(seeds)]), f"seed {first + done}")
    return tries


def try_out(target: Target, content: bytes, name: str) -> None:
    """One file, in its time."""
    started = time.process_time()
    try:
        target.try_out(content)
        spent = time.process_time() - started
        if spent > SECONDS:
            raise TimeoutError(f"{spent:.1f} s")  # noqa: TRY301 - told as every other surprise
    except BaseException:
        KEPT.mkdir(parents=True, exist_ok=True)
        kept = KEPT / hashlib.sha256(content).hexdigest()[:16]
        kept.write_bytes(content)
        sys.stderr.write(f"{name}: {kept}\n{traceback.format_exc()}")
        raise


def covered(name: str, seconds: float) -> None:
    """Let atheris spoil the files, as what is reached in our code suggests."""
    import atheris  # noqa: PLC0415 - of `make fuzz` alone

    with atheris.instrument_imports(include=["service", "worker"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - what is imported here is watched

    target = TARGETS[name]
    seeds = target.seeds()
    corpus = KEPT / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)

    def try_one(data: bytes) -> None:
        # The first bytes choose a seed and how it is spoiled: a package that is spoiled blindly is only ever cut.
        given = atheris.FuzzedDataProvider(data)
        chosen, seed = given.ConsumeIntInRange(0, 2 * len(seeds) - 1), given.ConsumeIntInRange(0, 2**48)
        rest = given.ConsumeBytes(len(data))
        content = mutated(seed, seeds[chosen // 2]) if chosen % 2 else rest or seeds[chosen // 2]
        try_out(target, content, f"seed {seed}")

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}", "-rss_limit_mb=2048", str(corpus)], try_one)
    atheris.Fuzz()


def main() -> None:
    """Try one target."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("target", choices=NAMES)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--tries", type=int, default=10**9)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--memory", type=int, default=1024, help="MiB of addresses")
    arguments.add_argument("--coverage", action="store_true", help="with atheris")
    asked = arguments.parse_args()
    # openpyxl tells what it would drop, pyHanko what it does not trust.
    warnings.simplefilter("ignore")
    logging.disable()
    if asked.coverage:
        covered(asked.target, asked.seconds)
        return
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - atheris has to be there first, where it is asked for

    resource.setrlimit(resource.RLIMIT_AS, (asked.memory * MIB, asked.memory * MIB))
    done = seeded(TARGETS[asked.target], asked.seed, asked.tries, asked.seconds)
    sys.stdout.write(f"{asked.target}: {done} files, none a surprise\n")


if __name__ == "__main__":
    main()
