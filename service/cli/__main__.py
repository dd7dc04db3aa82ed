"""`python -m service.cli`, which is `folio`: whoever presses Ctrl+C while it is still being loaded is not shown why."""

from __future__ import annotations

import sys

INTERRUPTED = 130

if __name__ == "__main__":
    try:
        from service.cli.folio import main

        exit_code = main()
    except KeyboardInterrupt:
        exit_code = INTERRUPTED
    sys.exit(exit_code)
