"""Names that people write for switches, switch values and profiles, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache

from tapkern import _kernel

# Switches with more than on and off; every other switch is a bool.
SWITCH_VALUES: Mapping[str, Sequence[str]] = {
    "qp.gpo_sw_policy": ("uics", "p12", "k3style"),
    "qp.cid_source": ("strict", "cid", "iad"),
    "qp.tc_despite_online": ("decline", "online", "accept"),
    "qp.online_oda_fail": ("online", "decline"),
    "ep.selection": ("ep", "p12"),
}

# The requirement that reads a switch.
SWITCH_RULES: Mapping[str, str] = {
    "tlv.skip_ff": "TLV-014",
    "ep.floor_cmp_ge": "EP-016",
    "ep.k7_ignore_other_kid": "EP-054",
    "qp.gpo_sw_policy": "QP-055",
    "qp.cid_source": "QP-006",
    "qp.bad_ctq_absent": "CTQ-002",
    "qp.read_afl_on_arqc": "QP-071",
    "qp.missing_data_try_contact": "QP-067",
    "qp.ctq_b4_expired_online": "QP-092",
    "qp.no_ctq_always_signature": "QP-104",
    "qp.cdcvm": "QP-101",
    "qp.tc_despite_online": "QP-170",
    "qp.require_5F24": "QP-093",
    "qp.check_effective": "QP-094",
    "qp.exception_needs_psn": "QP-095",
    "qp.check_pan_57": "QP-085",
    "qp.online_oda_fail": "QP-126",
    "qp.deferred_auth": "QP-130",
    "fd.allow_v00": "FD-006",
    "fd.v01_needs_0030": "FD-005",
    "fd.check_ctq": "FD-011",
    "fd.check_atc": "FD-010",
    "fda.idn_strict": "DDA-004",
    "ck.ignore_expiry": "CK-005",
    "tt.upload_doubtful": "TT-017",
    "ep.selection": "EP-091",
    "qp.aip_b2b8_means_dc": "QP-062",
    "qp.tc_signature_only": "QP-111",
    "apdu.follow_61_6c": "APDU-003",
    "ep.start_b_fixed": "EP-004",
    "param.swap_df19_df20": "QP-012",
    "tt.recovery": "TT-010",
}

PROFILES: Mapping[str, int] = {"jrt0025-2013": 1, "uics-2018": 2, "c7": 3}


def closest(word: str, known: Sequence[str]) -> str:
    """A hint: the name that was probably meant, or the list of names."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else "known: " + ", ".join(known)


class Switch:
    """One switch of the kernel (switches.def)."""

    __slots__ = ("defaults", "fixed", "most", "name", "number")

    def __init__(self, row: _kernel.SwitchTuple) -> None:
        self.number, self.name, self.most, self.defaults, self.fixed = row

    def parse(self, value: object) -> int:
        """The number of a value as written in TOML. Errors: ValueError."""
        words = SWITCH_VALUES.get(self.name)
        if isinstance(value, bool):
            if words is None:
                return int(value)
        elif isinstance(value, str) and words is not None and value in words:
            return words.index(value)
        expected = " | ".join(words) if words else "true | false"
        raise ValueError(f"switch {self.name} is {expected}, not {value!r}")

    def text(self, number: int) -> str:
        """The value as people write it."""
        words = SWITCH_VALUES.get(self.name)
        if words is not None:
            return words[number] if number < len(words) else str(number)
        return {0: "off", 1: "on"}.get(number, str(number))


@cache
def switches() -> Mapping[str, Switch]:
    """All switches by name, in the order of their numbers."""
    return {row[1]: Switch(row) for row in _kernel.switches()}
