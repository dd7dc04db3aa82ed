"""Test signatures: a certificate of nobody, PDFs signed by pyHanko, and Word files signed as Office signs them.

The Office signature is written out by hand after ECMA-376 part 2 (chapter 13 and its example), MS-OFFCRYPTO 2.5.2 and
the signatures that Word leaves in `_xmlsignatures/`: the elements that are hashed stand here in canonical form already,
so that nothing of the code under test takes part.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

SIGNED_AT = dt.datetime(2024, 10, 16, 15, 4, 5, tzinfo=dt.UTC)
_ORIGIN_TYPE = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
_SIGNATURE_TYPE = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/signature"
_DS = 'xmlns="http://www.w3.org/2000/09/xmldsig#"'
_OPC = "http://schemas.openxmlformats.org/package/2006/digital-signature"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    **dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
         "decipher_only"), False,
    ),
)  # fmt: skip
_SHA256 = '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, which it signed itself."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


@cache
def identity(name: str = "Persona de Ejemplo Uno") -> Identity:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SIGNED_AT - dt.timedelta(days=365))
        .not_valid_after(SIGNED_AT + dt.timedelta(days=3650))
        .add_extension(_USAGE, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(key, certificate)


def signed_pdf(
    pdf: bytes,
    name: str = "Persona de Ejemplo Uno",
    field: str = "Firma1",
    *,
    is_new: bool = True,
    box: tuple[int, int, int, int] | None = None,
) -> bytes:
    """The PDF with one more signature after it, in a field of its own or in one that waits for it.

    `box`: where on the first page a new field shows its mark, in points; None shows none.
    """
    who = identity(name)
    der = serialization.Encoding.DER
    key = who.key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(who.certificate.public_bytes(der)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    new_field = SigFieldSpec(field, box=box) if is_new else None
    sign_pdf(writer, PdfSignatureMetadata(field_name=field), signer, new_field_spec=new_field, output=out)
    return out.getvalue()


def repacked(package: bytes, change: dict[str, bytes | None]) -> bytes:
    """The package with other bytes in some of its parts, new parts, or without those that are None."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = change.get(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
        for name in change.keys() - set(old.namelist()):
            content = change[name]
            assert content is not None
            new.writestr(name, content)
    return out.getvalue()


def part(package: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(package)) as archive:
        return archive.read(name)


def signed_package(package: bytes, name: str = "Persona de Ejemplo Uno", *, leave_out: str = "") -> bytes:
    """A Word or Excel file signed as Office does; `leave_out` is a part that the signature does not cover."""
    who = identity(name)
    with zipfile.ZipFile(BytesIO(package)) as archive:
        parts = {info: archive.read(info) for info in archive.namelist()}
    references = []
    for part_name, content in parts.items():
        if part_name.startswith("docProps/") or part_name in {"[Content_Types].xml", leave_out}:
            continue
        if part_name.endswith(".rels"):
            references.append(_relationships_reference(part_name, content))
        else:
            references.append(_reference(f"/{part_name}?ContentType=application/xml", _sha256(content)))
    when = SIGNED_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    package_object = (
        f'<Object {_DS} Id="idPackageObject"><Manifest>{"".join(references)}</Manifest><SignatureProperties>'
        '<SignatureProperty Id="idSignatureTime" Target="#idPackageSignature">'
        f'<mdssi:SignatureTime xmlns:mdssi="{_OPC}"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format>'
        f"<mdssi:Value>{when}</mdssi:Value></mdssi:SignatureTime></SignatureProperty></SignatureProperties></Object>"
    )
    office_object = (
        f'<Object {_DS} Id="idOfficeObject"><SignatureProperties><SignatureProperty Id="idOfficeV1Details" '
        'Target="#idPackageSignature"><SignatureInfoV1 xmlns="http://schemas.microsoft.com/office/2006/digsig">'
        "<SetupID></SetupID><SignatureText></SignatureText><SignatureComments></SignatureComments>"
        "<ManifestHashAlgorithm>http://www.w3.org/2001/04/xmlenc#sha256</ManifestHashAlgorithm></SignatureInfoV1>"
        "</SignatureProperty></SignatureProperties></Object>"
    )
    kind = "http://www.w3.org/2000/09/xmldsig#Object"
    info = (
        f'<SignedInfo {_DS}><CanonicalizationMethod Algorithm="{_C14N}"></CanonicalizationMethod>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>'
        + _reference("#idPackageObject", _sha256(package_object.encode()), f' Type="{kind}"')
        + _reference("#idOfficeObject", _sha256(office_object.encode()), f' Type="{kind}"')
        + "</SignedInfo>"
    )
    value = who.key.sign(info.encode(), padding.PKCS1v15(), hashes.SHA256())
    certificate = who.certificate.public_bytes(serialization.Encoding.DER)
    signature = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Signature {_DS} Id="idPackageSignature">'
        + (info + f"<SignatureValue>{_base64(value)}</SignatureValue>").replace(f" {_DS}", "")
        + f"<KeyInfo><X509Data><X509Certificate>{_base64(certificate)}</X509Certificate></X509Data></KeyInfo>"
        + (package_object + office_object).replace(f" {_DS}", "")
        + "</Signature>"
    )
    types = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Default Extension="sigs" ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/>'
        b'<Override PartName="/_xmlsignatures/sig1.xml" '
        b'ContentType="application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"/></Types>',
    )
    root = parts["_rels/.rels"].replace(b"</Relationships>", _relationship("rIdSig", _ORIGIN_TYPE,
                                        "_xmlsignatures/origin.sigs") + b"</Relationships>")  # fmt: skip
    origin = f'<Relationships xmlns="{_RELS}">'.encode() + _relationship("rId1", _SIGNATURE_TYPE, "sig1.xml")
    return repacked(
        package,
        {
            "[Content_Types].xml": types,
            "_rels/.rels": root,
            "_xmlsignatures/origin.sigs": b"",
            "_xmlsignatures/_rels/origin.sigs.rels": origin + b"</Relationships>",
            "_xmlsignatures/sig1.xml": signature.encode(),
        },
    )


def _relationship(id_: str, kind: str, target: str) -> bytes:
    return f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"/>'.encode()


def _relationships_reference(name: str, content: bytes) -> str:
    """The relationships of a part but those to its properties, as the transform of the standard leaves them."""
    kept = []
    for found in re.findall(rb"<Relationship [^>]*>", content):
        said = dict(re.findall(r'(\w+)="([^"]*)"', found.decode()))
        if not said["Type"].endswith("-properties"):
            kept.append({"TargetMode": "Internal"} | said)
    kept.sort(key=lambda said: said["Id"])
    canonical = "".join(
        "<Relationship {}></Relationship>".format(" ".join(f'{key}="{said[key]}"' for key in sorted(said)))
        for said in kept
    )
    digest = _sha256(f'<Relationships xmlns="{_RELS}">{canonical}</Relationships>'.encode())
    chosen = "".join(
        f'<mdssi:RelationshipReference xmlns:mdssi="{_OPC}" SourceId="{said["Id"]}"></mdssi:RelationshipReference>'
        for said in kept
    )
    transforms = (
        f'<Transforms><Transform Algorithm="{_OPC.replace("digital-signature", "RelationshipTransform")}">{chosen}'
        f'</Transform><Transform Algorithm="{_C14N}"></Transform></Transforms>'
    )
    uri = f"/{name}?ContentType=application/vnd.openxmlformats-package.relationships+xml"
    return f'<Reference URI="{uri}">{transforms}{_SHA256}<DigestValue>{digest}</DigestValue></Reference>'


def _reference(uri: str, digest: str, kind: str = "") -> str:
    # Canonical XML has attributes in order of their names.
    return f'<Reference{kind} URI="{uri}">{_SHA256}<DigestValue>{digest}</DigestValue></Reference>'


def _sha256(content: bytes) -> str:
    return _base64(hashlib.sha256(content).digest())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
