"""The digital signatures in a Word or Excel package -> who signed, and whether what they signed is what stands there.

The standard is ECMA-376 part 2, chapter 13, and what Office makes of it (MS-OFFCRYPTO, 2.5): an XML signature whose
manifest holds the digests of the parts, those of relationships after a transform of their own. Certificates are held
against nobody's list, and hashes that are broken (MD5) are not taken.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree

from service.papers.package_additions import FOLDER, signature_parts
from service.papers.signers import DOUBTFUL, SOUND, common_name
from service.papers.verdicts import SignerFound
from service.papers.word_text import parser
from service.sheets.guard import Package

_DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
_OPC: Final = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
_XADES: Final = "{http://uri.etsi.org/01903/v1.3.2#}"
_RELATIONSHIPS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RELATIONSHIP_TRANSFORM: Final = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_DIGESTS: Final = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303  what Office 2007 signed with
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# Of these no signature speaks: what Office changes while it signs, or when it is opened.
_NEVER_SIGNED: Final = ("docProps/", "[Content_Types].xml", FOLDER, "_rels/")
_TIMES: Final = (f"{_XADES}SigningTime", f"{_OPC}Value")


class _Unsound(Exception):
    """The signature does not hold, or cannot be checked; the message is a Spanish sentence."""


def package_signers(package: Package) -> tuple[SignerFound, ...]:
    """Who signed the package, one for each of its signatures in the order of their parts."""
    return tuple(_signer(package, name) for name in signature_parts(package))


def _signer(package: Package, part: str) -> SignerFound:
    name, signed_at = "desconocido", None
    try:
        signature = etree.fromstring(package.content(part), parser())
        certificate = _decoded(signature.findtext(f".//{_DS}X509Certificate"))
        name, signed_at = common_name(certificate), _time(signature)
        _check_value(signature, certificate)
        _check_cover(package, _check_objects(package, signature))
    except _Unsound as problem:
        return SignerFound(name, signed_at, is_sound=False, note=str(problem))
    except (etree.LxmlError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return SignerFound(name, signed_at, is_sound=False, note=DOUBTFUL)
    return SignerFound(name, signed_at, is_sound=True, note=SOUND)


def _check_value(signature: etree._Element, certificate: bytes) -> None:
    """Whether the holder of the certificate signed what SignedInfo says."""
    info = signature.find(f"{_DS}SignedInfo")
    if info is None:
        raise _Unsound(DOUBTFUL)
    method = _algorithm(info, "SignatureMethod")
    signed = _canonical(info, _algorithm(info, "CanonicalizationMethod"))
    value = _decoded(signature.findtext(f"{_DS}SignatureValue"))
    scheme, _, name = method.rpartition("#")[2].partition("-")
    digest = _HASHES.get(name)
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if digest is not None and scheme == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PKCS1v15(), digest)
        elif digest is not None and scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            pair = utils.encode_dss_signature(int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
            key.verify(pair, signed, ec.ECDSA(digest))
        else:
            raise _Unsound(f"{DOUBTFUL[:-1]}: usa un método que Folio no conoce.")
    except InvalidSignature:
        raise _Unsound("La firma no corresponde al certificado: no es válida.") from None


def _check_objects(package: Package, signature: etree._Element) -> set[str]:
    """The parts that the signature covers, each as it was when it was signed; names in lower case."""
    by_id = {each.get("Id"): each for each in signature.iter() if each.get("Id")}
    info = signature.find(f"{_DS}SignedInfo")
    signed: set[str] = set()
    for reference in _references(info):
        target = by_id.get(reference.get("URI", "")[1:])
        if target is None:
            raise _Unsound(DOUBTFUL)
        transforms = [each.get("Algorithm", "") for each in reference.iter(f"{_DS}Transform")]
        if _digest(reference, _canonical(target, transforms[-1] if transforms else _C14N)) != _claimed(reference):
            raise _Unsound("La firma no corresponde a lo que dice haber firmado: no es válida.")
        for manifest in target.findall(f"{_DS}Manifest"):
            signed |= {_check_part(package, each) for each in _references(manifest)}
    return signed


def _check_cover(package: Package, signed: set[str]) -> None:
    """Whether nothing that the document shows was left out of what was signed."""
    for name in package.names:
        if not name.startswith(_NEVER_SIGNED) and not name.endswith(".rels") and name.casefold() not in signed:
            raise _Unsound(f"La firma no cubre la parte «{name}» del documento.")


def _check_part(package: Package, reference: etree._Element) -> str:
    name = unquote(reference.get("URI", "").partition("?")[0]).lstrip("/")
    if name not in package:
        raise _Unsound(f"Lo que se firmó tenía una parte que ya no está: «{name}».")
    content = package.content(name)
    for transform in reference.iter(f"{_DS}Transform"):
        if transform.get("Algorithm") == _RELATIONSHIP_TRANSFORM:
            content = _relationships(content, transform)
    if _digest(reference, content) != _claimed(reference):
        raise _Unsound(f"Después de la firma cambió la parte «{name}» del documento.")
    return name.casefold()


def _relationships(content: bytes, transform: etree._Element) -> bytes:
    """The relationships that the transform names, by id, in canonical XML (ECMA-376 part 2, 13.2.4.24)."""
    wanted = {each.get("SourceId") for each in transform.iter(f"{_OPC}RelationshipReference")}
    kinds = {each.get("SourceType") for each in transform.iter(f"{_OPC}RelationshipsGroupReference")}
    root = etree.fromstring(f'<Relationships xmlns="{_RELATIONSHIPS[1:-1]}"/>')
    found = etree.fromstring(content, parser()).iter(f"{_RELATIONSHIPS}Relationship")
    for each in sorted(found, key=lambda one: one.get("Id", "")):
        if each.get("Id") in wanted or each.get("Type") in kinds:
            kept = etree.SubElement(root, each.tag, dict(each.attrib))
            kept.set("TargetMode", each.get("TargetMode", "Internal"))
    return _canonical(root, _C14N)


def _references(element: etree._Element | None) -> Iterator[etree._Element]:
    yield from element.findall(f"{_DS}Reference") if element is not None else ()


def _canonical(element: etree._Element, method: str) -> bytes:
    name, _, comments = method.partition("#WithComments")
    if name.rstrip("#") not in {_C14N, _EXCLUSIVE_C14N.rstrip("#")} or comments:
        raise _Unsound(f"{DOUBTFUL[:-1]}: usa un método que Folio no conoce.")
    is_exclusive = name.startswith(_EXCLUSIVE_C14N.rstrip("#"))
    # Read anew by itself: of an element within a tree libxml2 writes inherited namespaces as if they had been undone.
    alone = etree.fromstring(etree.tostring(element, with_tail=False), parser())
    return etree.tostring(alone, method="c14n", exclusive=is_exclusive, with_comments=False)


def _digest(reference: etree._Element, content: bytes) -> bytes:
    name = _DIGESTS.get(_algorithm(reference, "DigestMethod"))
    if name is None:
        raise _Unsound(f"{DOUBTFUL[:-1]}: usa un método que Folio no conoce.")
    return hashlib.new(name, content, usedforsecurity=False).digest()


def _claimed(reference: etree._Element) -> bytes:
    return _decoded(reference.findtext(f"{_DS}DigestValue"))


def _algorithm(element: etree._Element, name: str) -> str:
    found = element.find(f"{_DS}{name}")
    return found.get("Algorithm", "") if found is not None else ""


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as error:
        raise _Unsound(DOUBTFUL) from error


def _time(signature: etree._Element) -> dt.datetime | None:
    """When the signer's machine says that it was signed."""
    for element in signature.iter(*_TIMES):
        try:
            said = dt.datetime.fromisoformat((element.text or "").strip())
        except ValueError:
            continue
        return said if said.tzinfo else said.replace(tzinfo=dt.UTC)
    return None
