"""What the front admits, stated once: enforced by the routes and told by the OpenAPI description."""

from __future__ import annotations

from typing import Final

MAX_UPLOAD_BYTES: Final = 20 * 1024 * 1024

# What the fields and the multipart frame may weigh beside the workbook, and how many there may be. Werkzeug holds its
# reading buffer, 64 KiB and what is left of the last one, to the same limit: near that size good workbooks are refused.
FIELDS_BYTES: Final = 512 * 1024
FORM_PARTS: Final = 250

# What is still read, and dropped, of a refused upload: a client that is cut off while it sends never sees the answer.
DROPPED_BYTES: Final = 64 * 1024 * 1024

ID_PATTERN: Final = "[A-Za-z0-9_-]{1,64}"

KEY_HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = "[!-~]{1,200}"

# What an upload may be called by whoever wants to follow it: long enough not to be guessed.
SENDING_PATTERN: Final = "[A-Za-z0-9_-]{16,64}"

YEARS: Final = range(1990, 2101)
FILENAME_LENGTH: Final = 120

LIST_LIMIT: Final = 20
LIST_LIMIT_MAX: Final = 100

# What a person writes when a report is issued, in characters.
LONGEST_NAME: Final = 200
LONGEST_LOGIN: Final = 200
LONGEST_TEXT: Final = 4_000

# Seconds that a request may wait for what it asks about.
LONGEST_WAIT: Final = 20

# Where the application keeps how people reach it from outside.
PUBLIC_URL: Final = "FOLIO_PUBLIC_URL"
