"""What is told of whoever signed: the name in a certificate, and what was checked of the signature."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from service.domain.values import legible

SOUND: Final = (
    "La firma corresponde al documento. No se comprobó si el certificado es de una entidad acreditada en Colombia ni "
    "si estaba vigente."
)
# Names are shown in a line; a certificate may hold a book.
_LONGEST: Final = 200
DOUBTFUL: Final = "La firma no se pudo comprobar."


def common_name(certificate: bytes) -> str:
    """The name of the person or the organisation in an X.509 certificate (DER).

    Raises:
        ValueError: it is no certificate.
    """
    subject = x509.load_der_x509_certificate(certificate).subject
    for wanted in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if named := subject.get_attributes_for_oid(wanted):
            return legible(str(named[0].value))[:_LONGEST]
    return legible(subject.rfc4514_string())[:_LONGEST] or "sin nombre en el certificado"
