"""Names of bits, switches and tags of a configuration, as docs/configuration.md gives them."""

from __future__ import annotations


def _byte(number: int, *names: str) -> dict[str, tuple[int, int]]:
    """From b8 downwards; a dash is a bit without a name."""
    return {name: (number, 0x80 >> at) for at, name in enumerate(names) if name != "-"}


# 30 section 2.1. online_cryptogram_required and cvm_required: only for EP-004 (TTQ-001).
TTQ = (
    _byte(0, "mag_stripe", "contactless_dc", "emv_mode", "contact_chip", "offline_only")
    | _byte(0, "-", "-", "-", "-", "-", "online_pin", "signature", "oda_for_online")
    | _byte(1, "online_cryptogram_required", "cvm_required", "contact_offline_pin")
    | _byte(2, "issuer_update", "cdcvm")
    | _byte(3, "fdda_01")
)

# 9F33
CAPABILITIES = (
    _byte(0, "manual_key_entry", "magnetic_stripe", "contact_chip")
    | _byte(1, "plaintext_offline_pin", "enciphered_online_pin", "signature")
    | _byte(1, "-", "-", "-", "enciphered_offline_pin", "no_cvm", "-", "-", "id_document")
    | _byte(2, "sda", "dda", "card_capture", "-", "cda")
)

# 9F40
ADDITIONAL = (
    _byte(0, "cash", "goods", "services", "cashback")
    | _byte(0, "-", "-", "-", "-", "inquiry", "transfer", "payment", "administrative")
    | _byte(1, "cash_deposit")
    | _byte(2, "numeric_keys", "alphabetic_keys", "command_keys", "function_keys")
    | _byte(3, "print_attendant", "print_cardholder", "display_attendant", "display_cardholder")
    | _byte(3, "-", "-", "-", "-", "-", "-", "code_table_10", "code_table_9")
    | _byte(4, *(f"code_table_{number}" for number in range(8, 0, -1)))
)

# 00-index section 8 and docs/configuration.md: what uics-2018 and c7 have in common.
SWITCHES: dict[str, bool | str] = {
    "tlv.skip_ff": True,
    "ep.floor_cmp_ge": False,
    "ep.k7_ignore_other_kid": False,
    "qp.gpo_sw_policy": "uics",
    "qp.cid_source": "strict",
    "qp.bad_ctq_absent": False,
    "qp.read_afl_on_arqc": True,
    "qp.missing_data_try_contact": True,
    "qp.ctq_b4_expired_online": True,
    "qp.no_ctq_always_signature": False,
    "qp.cdcvm": True,
    "qp.tc_despite_online": "decline",
    "qp.require_5F24": True,
    "qp.check_effective": False,
    "qp.exception_needs_psn": False,
    "qp.check_pan_57": True,
    "qp.online_oda_fail": "online",
    "qp.deferred_auth": False,
    "fd.allow_v00": False,
    "fd.v01_needs_0030": True,
    "fd.check_ctq": True,
    "fd.check_atc": False,
    "fda.idn_strict": False,
    "ck.ignore_expiry": False,
    "tt.upload_doubtful": False,
    "ep.selection": "ep",
    "qp.aip_b2b8_means_dc": False,
    "qp.tc_signature_only": False,
    "apdu.follow_61_6c": False,
    "ep.start_b_fixed": False,
    "param.swap_df19_df20": False,
    "tt.recovery": True,
}
WORDS = {
    "qp.gpo_sw_policy": ("uics", "p12", "k3style"),
    "qp.cid_source": ("strict", "cid", "iad"),
    "qp.tc_despite_online": ("decline", "online", "accept"),
    "qp.online_oda_fail": ("online", "decline"),
    "ep.selection": ("ep", "p12"),
}
PROFILES: dict[str, dict[str, bool | str]] = {
    "jrt0025-2013": {
        "ep.k7_ignore_other_kid": True,
        "qp.gpo_sw_policy": "p12",
        "qp.cid_source": "iad",
        "qp.bad_ctq_absent": True,
        "qp.read_afl_on_arqc": False,
        "qp.ctq_b4_expired_online": False,
        "qp.no_ctq_always_signature": True,
        "qp.cdcvm": False,
        "fd.check_ctq": False,
        "ep.selection": "p12",
        "qp.tc_signature_only": True,
    },
    "uics-2018": {},
    "c7": {"qp.missing_data_try_contact": False},
}
FIXED = {("c7", "fd.allow_v00")}
