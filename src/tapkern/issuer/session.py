"""The keys of one transaction of one card, and what the issuer makes with them: ARPC, sealed
script commands, PIN data.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tapkern.errors import UsageError
from tapkern.issuer import pins
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.suites import Suite

CHANNEL_BITS = 0x03
"""Bits of CLA that name a logical channel; a MAC is over CLA without them."""
LONGEST_DATA = 255 - 4
"""Most data of a script command: Lc counts the MAC."""


def mac_message(header: bytes, atc: int, ac: bytes, data: bytes) -> bytes:
    """LD-008: what a script MAC is over. header: CLA INS P1 P2; ac: of the first GENERATE AC."""
    cla = bytes([header[0] & ~CHANNEL_BITS])
    size = bytes([len(data) + 4])
    return b"".join((cla, header[1:4], size, atc.to_bytes(2, "big"), ac, data))


@dataclass(frozen=True, slots=True)
class Session:
    """One transaction, by its ATC and its ARQC (8 bytes). The keys stay out of `repr`."""

    suite: Suite = field(repr=False)
    atc: int
    ac: bytes = field(repr=False)
    key_ac: bytes = field(repr=False)
    key_mac: bytes = field(repr=False)
    key_enc: bytes = field(repr=False)
    unique_enc: bytes = field(repr=False)

    @classmethod
    def open(
        cls, suite: Suite, master: MasterKeys, pan: str, psn: str, atc: int, ac: bytes
    ) -> Session:
        """The session of a card from the master keys, its PAN digits and PAN sequence number."""
        unique = {
            use: suite.derive_udk(getattr(master, use), pan, psn) for use in ("ac", "mac", "enc")
        }
        keys = {use: suite.session_key(key, atc) for use, key in unique.items()}
        return cls(suite, atc, ac, keys["ac"], keys["mac"], keys["enc"], unique["enc"])

    def cryptogram(self, data: bytes) -> bytes:
        """The application cryptogram over its input (CS-036), 8 bytes."""
        return self.suite.application_cryptogram(self.key_ac, data)

    def discretionary_mac(self, values: bytes) -> bytes:
        """MAC of the amounts in 9F10, 4 bytes."""
        return self.suite.discretionary_mac(self.key_mac, self.atc, values)

    def issuer_authentication(self, code: str) -> bytes:
        """Tag 91, 10 bytes: ARPC and response code (CS-038)."""
        arc = code.encode("ascii")
        if len(arc) != 2:
            raise UsageError(f"a response code is two characters, not {code!r}")
        return self.suite.arpc(self.key_ac, self.ac, arc) + arc

    def seal(self, header: bytes, data: bytes) -> bytes:
        """A script command as the card gets it: CLA INS P1 P2, Lc, data, MAC."""
        if len(header) != 4 or len(data) > LONGEST_DATA:
            raise UsageError(f"a script command has 4 bytes of header, at most {LONGEST_DATA} data")
        mac = self.suite.message_mac(self.key_mac, mac_message(header, self.atc, self.ac, data))
        return header + bytes([len(data) + len(mac)]) + data + mac

    def pin_data(self, new: str, old: str | None = None) -> bytes:
        """Enciphered PIN data, 16 bytes; see `pins.pin_data`."""
        return pins.pin_data(self.suite, self.key_enc, self.unique_enc, new, old)
