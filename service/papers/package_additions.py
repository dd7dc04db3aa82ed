"""A package and the issued one -> whether signatures are all that was added to it.

What names the parts (the list of types and the package's own relationships) decides which of them a program shows, so
that it must say what was issued and, beside that, nothing but where the signatures are (ECMA-376 part 2, 13.2).
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from lxml import etree

from service.papers.word_text import parser
from service.sheets.guard import Package

FOLDER: Final = "_xmlsignatures/"
TYPES: Final = "[Content_Types].xml"
RELATIONSHIPS: Final = "_rels/.rels"

_ORIGIN: Final = f"{FOLDER}origin.sigs"
_ORIGIN_RELATIONSHIPS: Final = f"{FOLDER}_rels/origin.sigs.rels"
_SIGNATURE: Final = re.compile(re.escape(FOLDER) + r"sig[0-9]{1,4}\.xml")
# Office rewrites these while it signs, and no signature speaks of them.
_PROPERTIES: Final = frozenset({"docprops/core.xml", "docprops/app.xml", "docprops/custom.xml"})
# A control that is bound to a property shows what the property says.
_BOUND: Final = b"dataBinding"

_TYPE: Final = "application/vnd.openxmlformats-package.digital-signature-"
_ORIGIN_TYPE: Final = f"{_TYPE}origin"
_SIGNATURE_TYPE: Final = f"{_TYPE}xmlsignature+xml"
_RELATIONSHIP: Final = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/"

# An element: its name, with the namespace, and its attributes.
_Entry = tuple[str, frozenset[tuple[str, str]]]


def signature_parts(package: Package) -> tuple[str, ...]:
    """The parts that hold its signatures, in the order of their names."""
    return tuple(sorted(name for name in package.names if _SIGNATURE.fullmatch(name)))


def has_issued_parts(package: Package, ours: Package) -> bool:
    """Whether all that was issued is in it byte for byte, whatever else there is and whichever part is shown."""
    theirs = _contents(package)
    return all(theirs.get(name) == content for name, content in _contents(ours).items())


def is_only_signed(package: Package, ours: Package) -> bool:
    """Whether it is the issued package but for its signatures, what has to name them, and its properties."""
    if _contents(package) != _contents(ours) or not _are_properties_harmless(package, ours):
        return False
    added = {name.casefold() for name in package.names} - {name.casefold() for name in ours.names}
    signatures = set(signature_parts(package))
    if not signatures:
        return not added and all(package.content(name) == ours.content(name) for name in (TYPES, RELATIONSHIPS))
    try:
        return (
            added == {_ORIGIN, _ORIGIN_RELATIONSHIPS, *signatures}
            and _are_types_signed(package, ours)
            and _leads_to_origin(package, ours)
            and _leads_to(package, signatures)
        )
    except (etree.LxmlError, ValueError, KeyError):
        return False


def _contents(package: Package) -> dict[str, bytes]:
    """The parts that no signature has to touch, by their names in lower case."""
    return {
        name.casefold(): package.content(name)
        for name in package.names
        if name not in {TYPES, RELATIONSHIPS}
        and name.casefold() not in _PROPERTIES
        and name not in {_ORIGIN, _ORIGIN_RELATIONSHIPS}
        and not _SIGNATURE.fullmatch(name)
    }


def _are_properties_harmless(package: Package, ours: Package) -> bool:
    ours_has, theirs_has = (_PROPERTIES & {name.casefold() for name in each.names} for each in (ours, package))
    if ours_has != theirs_has:
        return False
    is_same = all(package.content(name) == ours.content(name) for name in ours_has)
    return is_same or not any(_BOUND in ours.content(name) for name in ours.names if name.endswith(".xml"))


def _are_types_signed(package: Package, ours: Package) -> bool:
    added = _added(package, ours, TYPES)
    return added is not None and all(map(_is_type_of_signature, added))


def _is_type_of_signature(entry: _Entry) -> bool:
    name, said = entry[0].rpartition("}")[2], dict(entry[1])
    kind = said.pop("ContentType", "")
    if name == "Default":
        return said == {"Extension": "sigs"} and kind == _ORIGIN_TYPE
    if name != "Override" or said.keys() != {"PartName"}:
        return False
    part = said["PartName"].removeprefix("/")
    return (part == _ORIGIN and kind == _ORIGIN_TYPE) or (
        _SIGNATURE.fullmatch(part) is not None and kind == _SIGNATURE_TYPE
    )


def _leads_to_origin(package: Package, ours: Package) -> bool:
    added = _added(package, ours, RELATIONSHIPS)
    if added is None or len(added) != 1:
        return False
    return _target(added[0], "", "origin") == _ORIGIN


def _leads_to(package: Package, signatures: set[str]) -> bool:
    """Whether the origin names every signature, and nothing else."""
    targets = [_target(entry, FOLDER, "signature") for entry in _entries(package, _ORIGIN_RELATIONSHIPS)]
    return sorted(targets) == sorted(signatures)


def _target(entry: _Entry, folder: str, kind: str) -> str:
    """The part that a relationship leads to; empty where it is not of that kind, or leads out of the package."""
    said = dict(entry[1])
    is_inside = said.get("TargetMode", "Internal") == "Internal"
    if not (entry[0].endswith("}Relationship") and is_inside and said.get("Type") == f"{_RELATIONSHIP}{kind}"):
        return ""
    return posixpath.normpath(posixpath.join("/", folder, said.get("Target", ""))).lstrip("/")


def _added(package: Package, ours: Package, part: str) -> list[_Entry] | None:
    """What a part lists beside what was issued, in whichever order; None when something issued is gone or doubled."""
    left = _entries(package, part)
    for entry in _entries(ours, part):
        if entry not in left:
            return None
        left.remove(entry)
    ids = [dict(said).get("Id") for _, said in _entries(package, part)]
    named = [each for each in ids if each is not None]
    return left if len(set(named)) == len(named) else None


def _entries(package: Package, part: str) -> list[_Entry]:
    root = etree.fromstring(package.content(part), parser())
    # What is not listed at the top is for a program's own taste: alternatives, and whatever it may make of them.
    if any(len(element) for element in root):
        raise ValueError(part)
    return [
        (element.tag, frozenset((str(key), str(value)) for key, value in element.items()))
        for element in root
        if isinstance(element.tag, str)
    ]
