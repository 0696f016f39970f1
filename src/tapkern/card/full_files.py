"""The files of the debit/credit path: its own records, certificates and AFL.

SFI 4 begins with the lists and rules of the path, which are authenticated together with the static
record of SFI 1. Behind them, and in SFI 5 for the SM branch, are an ICC certificate over just that
and the static signature (93). The issuer certificate and the last record (9F74) are shared with
qPBOC. Made when the path is first taken: most taps never take it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tapkern.card import layouts, tlv
from tapkern.card.faults import Misbehaviour, Part
from tapkern.card.files import (
    RECORD_ROOM,
    STATIC,
    ApplicationFiles,
    Branch,
    Place,
    build_afl,
    numbered,
    pack,
)
from tapkern.card.profile import ApplicationProfile, Keys
from tapkern.errors import UsageError
from tapkern.issuer.certificates import (
    icc_certificate,
    sign_static,
    sm2_icc_certificate,
    sm2_sign_static,
)
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key
from tapkern.issuer.suites import SM4

SFI = 4
SM_SFI = 5
CODE = bytes.fromhex("DAC1")
"""9F45, data authentication code."""


@dataclass(frozen=True, slots=True)
class FullFiles:
    """Records with template 70, and the AFL of each algorithm family by its identifier."""

    records: Mapping[Place, bytes] = field(repr=False)
    afls: Mapping[int, bytes]

    def afl(self, branch: Branch) -> bytes:
        """The AFL for a family."""
        return self.afls[branch.suite.identifier]


def rule_records(profile: ApplicationProfile, track2: bytes) -> list[bytes]:
    """CDOLs, CVM list, action codes and limits, without templates. Raises UsageError."""
    flow = profile.flow
    values = {
        "cdol1": flow.cdol1,
        "cdol2": flow.cdol2,
        "cvm_list": flow.cvm_list,
        "default": flow.iac_default,
        "denial": flow.iac_denial,
        "online": flow.iac_online,
        "currency": profile.currency,
        "exponent": bytes([flow.exponent]),
        "ddol": flow.ddol,
        "lower": b"" if flow.lower is None else bytes([flow.lower]),
        "upper": b"" if flow.upper is None else bytes([flow.upper]),
        "service_code": bytes.fromhex("0" + profile.service_code),
        "track2": track2,
    }
    records = pack(layouts.FLOW_RULES, values)
    if any(len(record) > RECORD_ROOM for record in records):
        raise UsageError(
            "a list of the debit/credit flow is longer than one record",
            f"application {profile.aid.hex().upper()}",
        )
    return records


def personalise_full(
    profile: ApplicationProfile, files: ApplicationFiles, faults: Misbehaviour
) -> FullFiles:
    """The records of the path, and its AFLs."""
    rules = rule_records(profile, files.track2)
    static = tlv.decode(files.records[STATIC])[0][1] + b"".join(rules) + profile.aip
    shared = numbered(SFI, 1, rules)
    contents, afls = dict(shared), {}
    last = [files.last_record] if profile.purse and files.last_record else []
    authenticated = frozenset({STATIC, *shared})
    for branch in files.branches:
        if branch.suite is SM4:
            assert profile.sm_keys is not None
            own = numbered(SM_SFI, 1, _sm_records(profile, profile.sm_keys, static, faults))
        else:
            assert profile.keys is not None
            first = len(shared) + 1
            own = numbered(SFI, first, _rsa_records(profile, profile.keys, static, faults))
        contents |= own
        places: Sequence[Place] = [*files.shared, *branch.issuer_places, *shared, *own, *last]
        afls[branch.suite.identifier] = build_afl(places, authenticated)
    records = {place: tlv.encode(0x70, content) for place, content in contents.items()}
    return FullFiles(records, afls)


def _rsa_records(
    profile: ApplicationProfile, keys: Keys[RsaKey], static: bytes, faults: Misbehaviour
) -> list[bytes]:
    icc = icc_certificate(
        keys.issuer,
        keys.icc,
        profile.pan,
        keys.expiry,
        keys.icc_serial,
        static,
        altered=faults.alterations(Part.ICC),
    )
    own = pack(
        layouts.ICC_KEY,
        {
            "exponent": icc.exponent,
            "remainder": icc.remainder,
            "tag_list": b"\x82",
            "certificate": icc.certificate,
        },
    )
    return [*own, layouts.STATIC_SIGNATURE.build(sign_static(keys.issuer, CODE, static))]


def _sm_records(
    profile: ApplicationProfile, keys: Keys[Sm2Key], static: bytes, faults: Misbehaviour
) -> list[bytes]:
    icc = sm2_icc_certificate(
        keys.issuer,
        keys.icc,
        profile.pan,
        keys.expiry,
        keys.icc_serial,
        static,
        altered=faults.alterations(Part.SM_ICC),
    )
    values = {"exponent": b"", "remainder": b"", "tag_list": b"\x82", "certificate": icc}
    own = pack(layouts.ICC_KEY, values)
    return [*own, layouts.STATIC_SIGNATURE.build(sm2_sign_static(keys.issuer, CODE, static))]
