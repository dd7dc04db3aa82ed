"""An office's settings to and from JSON: what the store keeps, and what goes to another process.

Keys are the names of the fields, dates are ISO, the logo is in base64. What a text of an earlier Folio does not say is
as in the reference office; what is said of a field that is no more is passed over.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import asdict, fields
from typing import Any

from service.domain.frame import Approval, FormatBox, Frame, Logo, Role, Seal, Signer
from service.domain.office import Office, OfficeSettings

Json = dict[str, Any]


def settings_to_json(settings: OfficeSettings) -> Json:
    """All the settings, as plain values."""
    return {"office": office_to_json(settings.office), "frame": frame_to_json(settings.frame)}


def settings_from_json(data: Json) -> OfficeSettings:
    """The inverse of `settings_to_json`."""
    return OfficeSettings(office_from_json(data["office"]), frame_from_json(data["frame"]))


def office_to_json(office: Office) -> Json:
    """How the office's plans are read."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(office).items()}


def office_from_json(data: Json) -> Office:
    """The inverse of `office_to_json`."""
    known = {field.name for field in fields(Office)}
    values: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return Office(**{name: value for name, value in values.items() if name in known})


def frame_to_json(frame: Frame) -> Json:
    """What stands around the office's reports."""
    logo = frame.logo
    return {
        "entity": frame.entity,
        "logo": {**asdict(logo), "content": base64.b64encode(logo.content).decode()} if logo else None,
        "signers": [{**asdict(signer), "role": signer.role.value} for signer in frame.signers],
        "approval": approval_to_json(frame.approval),
        "format_box": {**asdict(frame.format_box), "valid_from": _iso(frame.format_box.valid_from)},
        "has_radicado_zone": frame.has_radicado_zone,
        "has_seal": frame.has_seal,
    }


def frame_from_json(data: Json) -> Frame:
    """The inverse of `frame_to_json`."""
    logo, box = data["logo"], data["format_box"]
    return Frame(
        entity=data["entity"],
        logo=Logo(**{**logo, "content": base64.b64decode(logo["content"])}) if logo else None,
        signers=tuple(Signer(**{**signer, "role": Role(signer["role"])}) for signer in data["signers"]),
        approval=approval_from_json(data["approval"]),
        format_box=FormatBox(**{**box, "valid_from": _date(box["valid_from"])}),
        has_radicado_zone=data["has_radicado_zone"],
        has_seal=data["has_seal"],
    )


def approval_to_json(approval: Approval) -> Json:
    """Who approved, by which act, and when."""
    return {"instance": approval.instance, "act": approval.act, "on": _iso(approval.on)}


def approval_from_json(data: Json) -> Approval:
    """The inverse of `approval_to_json`."""
    return Approval(data["instance"], data["act"], _date(data["on"]))


def seal_to_json(seal: Seal | None) -> Json | None:
    """The code of an issued report and the page that checks it."""
    return asdict(seal) if seal else None


def seal_from_json(data: Json | None) -> Seal | None:
    """The inverse of `seal_to_json`."""
    return Seal(**data) if data else None


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
