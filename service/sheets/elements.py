"""The bytes of a part -> its elements with certain names, parsed by a parser that is trusted with nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

# Bytes of a part whose tree may stand in memory; of a longer one only the element that is looked at does.
SMALL: Final = 64 * 1024
_TRUSTED_WITH_NOTHING: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def elements_in(part: bytes, *tags: str) -> Iterator[etree._Element]:
    """The elements with these names; of a long part each as it ends, forgotten as soon as the next is asked for.

    Raises:
        XMLSyntaxError: the part is no XML; elements may have come before.
    """
    if len(part) <= SMALL:
        yield from etree.fromstring(part, etree.XMLParser(**_TRUSTED_WITH_NOTHING)).iter(*tags)
        return
    for _, element in etree.iterparse(io.BytesIO(part), events=("end",), tag=tags, **_TRUSTED_WITH_NOTHING):
        yield element
        element.clear()
        parent = element.getparent()
        if parent is not None:
            while element.getprevious() is not None:
                del parent[0]
