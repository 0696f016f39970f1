"""Issuer scripts: the commands that an issuer sends to a card behind its answer, tags 71 and 72.

A `Command` knows what it does; `script` seals it for one transaction. What a card makes of it is
the card's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tapkern.errors import UsageError
from tapkern.issuer import pins
from tapkern.issuer.session import LONGEST_DATA, Session
from tapkern.issuer.tlv import encode

BEFORE, AFTER = 0x71, 0x72
"""Templates for before and after the second GENERATE AC (DC-052)."""
GUARANTEED, ACCEPTED = 128, 254
"""DC-055: bytes of all scripts of one answer that every terminal takes, and that UnionPay's do."""
BALANCE = 0x9F79


@dataclass(frozen=True, slots=True)
class Command:
    """A script command before it is sealed: CLA INS P1 P2 and data. PINs stay out of `repr`."""

    name: str
    header: bytes
    data: bytes = field(default=b"", repr=False)
    new_pin: str | None = field(default=None, repr=False)
    old_pin: str | None = field(default=None, repr=False)

    def seal(self, session: Session) -> bytes:
        """The command for one transaction, with its MAC."""
        data = self.data
        if self.new_pin is not None:
            data = session.pin_data(self.new_pin, self.old_pin)
        return session.seal(self.header, data)


APPLICATION_BLOCK = Command("application-block", bytes.fromhex("841E0000"))
APPLICATION_UNBLOCK = Command("application-unblock", bytes.fromhex("84180000"))
CARD_BLOCK = Command("card-block", bytes.fromhex("84160000"))
PIN_UNBLOCK = Command("pin-unblock", bytes.fromhex("84240000"))

SIMPLE = {
    command.name: command
    for command in (APPLICATION_BLOCK, APPLICATION_UNBLOCK, CARD_BLOCK, PIN_UNBLOCK)
}
"""The commands without data, by name."""


def put_data(tag: int, value: bytes) -> Command:
    """PUT DATA of an object; the tag, two bytes, is P1 P2. Raises UsageError."""
    if not 0x100 <= tag <= 0xFFFF or not 0 < len(value) <= LONGEST_DATA:
        raise UsageError(f"PUT DATA takes a tag of 2 bytes and 1 to {LONGEST_DATA} bytes of value")
    return Command(f"put-data {tag:X}", b"\x04\xda" + tag.to_bytes(2, "big"), value)


def put_amount(tag: int, amount: int) -> Command:
    """PUT DATA of an amount in minor units as n12: the balance 9F79 or a limit."""
    if not 0 <= amount < 10**12:
        raise UsageError("an amount has at most 12 digits", f"PUT DATA {tag:X}")
    return put_data(tag, bytes.fromhex(f"{amount:012}"))


def update_record(sfi: int, record: int, data: bytes) -> Command:
    """UPDATE RECORD of a short file (1 to 30). Raises UsageError."""
    if not (1 <= sfi <= 30 and 1 <= record <= 255 and 0 < len(data) <= LONGEST_DATA):
        raise UsageError("UPDATE RECORD takes SFI 1 to 30, record 1 to 255 and some data")
    header = bytes([0x04, 0xDC, record, sfi << 3 | 4])
    return Command(f"update-record {sfi}:{record}", header, data)


def pin_change(new: str, old: str | None = None) -> Command:
    """PIN CHANGE to a new PIN, with the old one or without. Raises UsageError on a bad PIN."""
    pins.check(new)
    if old is not None:
        pins.check(old)
    header = bytes([0x84, 0x24, 0x00, 0x02 if old is None else 0x01])
    return Command("pin-change", header, new_pin=new, old_pin=old)


def script(
    session: Session,
    commands: Sequence[Command],
    *,
    identifier: bytes | None = None,
    template: int = AFTER,
    limit: int = GUARANTEED,
) -> bytes:
    """A script template with its sealed commands, 71 or 72.

    identifier: 9F18, 4 bytes. limit: most bytes of the whole template. Raises UsageError when the
    template is longer, or when there is nothing in it.
    """
    if template not in (BEFORE, AFTER):
        raise UsageError("a script is template 71 or 72")
    if not commands:
        raise UsageError("a script has at least one command")
    if identifier is not None and len(identifier) != 4:
        raise UsageError("a script identifier has 4 bytes")
    body = b"" if identifier is None else encode(0x9F18, identifier)
    body += b"".join(encode(0x86, command.seal(session)) for command in commands)
    made = encode(template, body)
    if len(made) > limit:  # DC-055
        raise UsageError(
            f"the script has {len(made)} bytes, {limit} are allowed",
            hint=f"every terminal takes {GUARANTEED}, UnionPay terminals {ACCEPTED}",
        )
    return made


def parse(text: str) -> Command:
    """A command from words, as the command line has them.

    application-block, application-unblock, card-block, pin-unblock, put-data:TAG=HEX or
    update-record:SFI:RECORD=HEX. Raises UsageError.
    """
    if text in SIMPLE:
        return SIMPLE[text]
    verb, _, rest = text.partition(":")
    where, equals, value = rest.partition("=")
    try:
        if verb == "put-data" and equals:
            return put_data(int(where, 16), bytes.fromhex(value))
        if verb == "update-record" and equals:
            sfi, _, record = where.partition(":")
            return update_record(int(sfi), int(record), bytes.fromhex(value))
    except ValueError:
        raise UsageError(f"{text!r} is malformed", "script command") from None
    known = ", ".join([*SIMPLE, "put-data:TAG=HEX", "update-record:SFI:RECORD=HEX"])
    raise UsageError(f"{text!r} is no script command", "script command", f"known: {known}")
