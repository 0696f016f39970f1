"""The keys of a card file: names of the pool, or an issuer's key file for all applications."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from tapkern.card.fields import Fields
from tapkern.card.profile import Keys
from tapkern.errors import UsageError
from tapkern.issuer.authority import INDEXES, SM2_INDEXES
from tapkern.issuer.keyfile import Family, IssuerKeys
from tapkern.issuer.keys import master_keys, rsa_key, sm2_key
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

FROM_ISSUER = ("ca", "issuer", "master")
"""What a card with an `issuer_file` has from there."""


def leave_out_issuer(base: dict[str, Any]) -> None:
    """A base names keys of the pool; they give way to those of an issuer's file."""
    for application in base["application"]:
        for family in ("keys", "sm"):
            for name in FROM_ISSUER:
                application.get(family, {}).pop(name, None)


def families(fields: Fields, expiry: datetime.date, issuer: IssuerKeys | None) -> dict[str, Any]:
    """CS-040: the RSA keys, and with [application.sm] SM2 keys, which may be the only ones."""
    sm = fields.table("sm") if fields.has("sm") else None
    only = sm is not None and sm.flag("only", False)
    if only and fields.has("keys"):
        raise fields.wrong("keys", "are of no use with sm.only", "leave out [application.keys]")
    found: dict[str, Any] = {"keys": None, "sm_keys": None, "sm_signature_in_gpo": False}
    if not only:
        found["keys"] = _keys(fields.table("keys"), expiry, issuer)
    if sm is not None:
        found["sm_signature_in_gpo"] = sm.word("signature", ("record", "gpo"), "record") == "gpo"
        found["sm_keys"] = _sm_keys(sm, expiry, issuer)
    return found


def _keys(fields: Fields, expiry: datetime.date, issuer: IssuerKeys | None) -> Keys[RsaKey]:
    keys = Keys(
        **(_pool_keys(fields) if issuer is None else _issuer_keys(fields, issuer.rsa)),
        icc=rsa_key(fields.text("icc", "icc-1024")),
        **_certified(fields, expiry),
    )
    fields.finish()
    return keys


def _pool_keys(fields: Fields) -> dict[str, Any]:
    ca = _authority(fields, "ca-1152", INDEXES)
    return {
        "ca": rsa_key(ca),
        "ca_index": INDEXES[ca],
        "issuer": rsa_key(fields.text("issuer", "issuer-1152")),
        "master": master_keys(fields.text("master", "test")),
    }


def _issuer_keys(fields: Fields, family: Family[Any] | None) -> dict[str, Any]:
    """What an issuer's key file gives instead of the pool."""
    for name in FROM_ISSUER:
        if fields.has(name):
            raise fields.wrong(name, "is in issuer_file already", f"leave out {name}")
    if family is None:
        raise UsageError("issuer_file has no keys for this", fields.where)
    return {
        "ca": family.ca,
        "ca_index": family.ca_index,
        "issuer": family.issuer,
        "master": family.master,
    }


def _sm_keys(fields: Fields, expiry: datetime.date, issuer: IssuerKeys | None) -> Keys[Sm2Key]:
    keys = Keys(
        **(_pool_sm_keys(fields) if issuer is None else _issuer_keys(fields, issuer.sm2)),
        icc=sm2_key(fields.text("icc", "icc-sm2")),
        **_certified(fields, expiry),
    )
    fields.finish()
    return keys


def _pool_sm_keys(fields: Fields) -> dict[str, Any]:
    ca = _authority(fields, "ca-sm2", SM2_INDEXES)
    return {
        "ca": sm2_key(ca),
        "ca_index": SM2_INDEXES[ca],
        "issuer": sm2_key(fields.text("issuer", "issuer-sm2")),
        "master": master_keys(fields.text("master", "test-sm4")),
    }


def _authority(fields: Fields, default: str, indexes: Mapping[str, int]) -> str:
    ca = fields.text("ca", default)
    if ca not in indexes:
        raise fields.wrong("ca", f"{ca!r} is no CA key", f"known: {', '.join(indexes)}")
    return ca


def _certified(fields: Fields, expiry: datetime.date) -> dict[str, Any]:
    """What certificates of both families say beside the keys themselves."""
    return {
        "issuer_serial": fields.hex("issuer_serial", 3, default="000001"),
        "icc_serial": fields.hex("icc_serial", 3, default="000002"),
        "expiry": fields.hex("expiry", 2, default=expiry.strftime("%m%y")),
    }
