"""The bytes of a Word or an Excel file -> a hash of what its members say, whatever deflated them.

Deflating the same text gives other bytes with another library, or another release of it: that two files differ says
nothing about what they tell. Assumes a file that Folio wrote.
"""

from __future__ import annotations

import hashlib
import io
import zipfile


def contents_sha256(package: bytes) -> str:
    """SHA-256 (hex) of the names and the plain bytes of all members, in the order in which they lie.

    Raises:
        zipfile.BadZipFile: the bytes are no zip, or a member's sum is wrong.
    """
    told = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for info in archive.infolist():
            content = archive.read(info)
            for said in (info.filename.encode(), content):
                told.update(len(said).to_bytes(8, "big"))
                told.update(said)
    return told.hexdigest()
