"""Card numbers in any text: digits, BCD, track 2, ASCII in hexadecimal, UTF-16, base64, C arrays.

Two questions with different patience. `SYNTHETIC` numbers, the test cards of this project, are
found wherever their first digits stand, check digit or not. Any other number has to look like one:
13 to 19 digits, first digits that card schemes use, the check digit, and a place where a number
can be (alone between other characters, in a 5A or a 57 object, before D or = with a date). What
the hexadecimal of keys and hashes gives by chance is thereby left out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SYNTHETIC = "620000"
"""The first six digits of the test cards that this project makes."""

APART = "bytes apart"
_RUN = re.compile(r"[0-9]{13,}")
# Behind zeros it is an amount of 62.00, not a number.
_SYNTHETIC = re.compile(rf"(?<!0000){SYNTHETIC}[0-9]{{7,13}}")
_SCHEMES = re.compile(
    r"(?:62|81[0-7])[0-9]{11,17}"  # UnionPay
    r"|4(?:[0-9]{12}|[0-9]{15}|[0-9]{17,18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # MC
    r"|3[47][0-9]{13}|35[2-8][0-9]{13,16}|3(?:0[0-5]|[689][0-9])[0-9]{11,16}"  # Amex, JCB, Diners
    r"|(?:50|5[678]|6[37]|6011|64[4-9]|65|220[0-4])[0-9]{12,17}"  # Maestro, Discover, Mir
)
_DATE = r"[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}"
_TRACK2 = re.compile(rf"([1-9][0-9]{{12,18}})[D=]{_DATE}", re.I)
_TAGGED_PAN = re.compile(r"5A0([7-9A])(?=([1-9][0-9]{12,18}F?))", re.I)
_TAGGED_TRACK2 = re.compile(rf"57(?:0[A-F]|1[0-3])([1-9][0-9]{{12,18}})D{_DATE}", re.I)
_ALONE = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{12,18}(?=F?(?![0-9A-Za-z]))", re.I)
_GROUPS = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{3}(?:[ -][0-9]{4}){2,3}(?:[ -][0-9]{1,4})?(?!\w)")
_ASCII = re.compile(r"(?:3[0-9]){13,}")
_WIDE = re.compile(r"(?:3[0-9]00){13,}")
_WIDE_BYTES = re.compile("(?:[0-9]\0){13,}")
_SPACED = re.compile(
    r"(?<![0-9A-Za-z])(?:0x|\\x)?[0-9A-F]{2}(?:(?:[ :]|\"?, ?\"?|\",?\s+\"|,\s+|(?=\\x))"
    r"(?:0x|\\x)?[0-9A-F]{2}){6,}",
    re.I,
)
_PAIR = re.compile(r"(?:0x|\\x)?([0-9A-F]{2})(?![0-9A-Fx])", re.I)
_SWAPPED = re.compile(r"260000(?:[0-9]{2}){4,7}(?:F[0-9])?", re.I)
_WRAPPED = re.compile(r"(?<![0-9])(6[0-9]{0,17})[ │|]*\n[ │|]*([0-9]+)")
_PIECE = r"\\x[0-9a-f]{2}|\\[nrt'\"\\]"
_LITERAL = re.compile(
    rf"\bb(?:'((?:[ -&(-\[\]-~]|{_PIECE}){{6,}})'|\"((?:[ !#-\[\]-~]|{_PIECE}){{6,}})\")"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_TAGS_AND_COLOURS = re.compile(r"<[^<>]{1,200}>|\x1b\[[0-9;]*m")


def _inner(data: bytes) -> tuple[str, ...]:
    """What surely stands in the base64 of anything that contains the data."""
    found = []
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode()
        found.append(text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    return tuple(found)


_BASE64_SEEDS = _inner(SYNTHETIC.encode()) + _inner(bytes.fromhex(SYNTHETIC + "0000"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A number that was found, how it was written, and where in the text."""

    number: str = field(repr=False)
    form: str
    at: int

    @property
    def masked(self) -> str:
        """The number as it may be shown."""
        return self.number[:6] + "*" * (len(self.number) - 10) + self.number[-4:]


def luhn(digits: str) -> bool:
    """The check digit is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def is_number(digits: str) -> bool:
    """It can be the number of a card."""
    return (
        13 <= len(digits) <= 19
        and _SCHEMES.fullmatch(digits) is not None
        and luhn(digits)
        and len(set(digits[6:])) > 1
    )


def find(text: str) -> Iterator[Hit]:
    """Every number in a text, once for each place and way of writing it. Bytes are read as
    latin-1."""
    for run in _RUN.finditer(text):
        yield from _in_run(text, run.start(), run.end())
    if "\0" in text:
        for wide in _WIDE_BYTES.finditer(text):
            yield from _moved(_whole(wide[0].replace("\0", ""), "UTF-16"), wide.start())
    for spaced in _SPACED.finditer(text):
        joined = "".join(_PAIR.findall(spaced[0]))
        yield from _moved(_digits(joined, APART), spaced.start())
    if "\\" in text:
        for literal in _LITERAL.finditer(text):
            said = (literal[1] or literal[2]).encode("ascii").decode("unicode_escape")
            shown = said.encode("latin-1").hex()
            yield from _moved(_digits(shown, "bytes of Python"), literal.start())
    for groups in _GROUPS.finditer(text):
        joined = re.sub("[ -]", "", groups[0])
        yield from _moved(_whole(joined, "groups of digits"), groups.start())
    if any(seed in text for seed in _BASE64_SEEDS):
        for coded in _BASE64.finditer(text):
            yield from _moved(_in_base64(coded[0]), coded.start())


def find_in_page(text: str) -> Iterator[Hit]:
    """Numbers that tags of HTML, colours or the edge of a terminal cut into pieces."""
    plain = _TAGS_AND_COLOURS.sub("", text) if "<" in text or "\x1b" in text else text
    if plain != text:
        yield from find(plain)
    for wrapped in _WRAPPED.finditer(plain):
        yield from _moved(_whole(wrapped[1] + wrapped[2], "two lines"), wrapped.start())


def _moved(hits: Iterator[Hit], by: int) -> Iterator[Hit]:
    return (Hit(hit.number, hit.form, by + hit.at) for hit in hits)


def _in_run(text: str, start: int, end: int) -> Iterator[Hit]:
    """Numbers in a run of digits; what stands around it says which of them is one."""
    before = max(0, start - 4)
    around = text[before : end + 32]
    hits = _moved(_digits(around, "digits"), before)
    yield from (hit for hit in hits if hit.at < end)  # the next run is looked at by itself
    if end - start < 26 and "26000" not in around:
        return
    for coded in _ASCII.finditer(around):
        yield from _moved(_whole(coded[0][1::2], "ASCII in hexadecimal"), before + coded.start())
    for coded in _WIDE.finditer(around):
        yield from _moved(_whole(coded[0][1::4], "UTF-16 in hexadecimal"), before + coded.start())
    for swapped in _SWAPPED.finditer(around):
        pairs = zip(swapped[0][1::2], swapped[0][::2], strict=False)
        number = "".join(a + b for a, b in pairs).rstrip("Ff")
        if number.startswith(SYNTHETIC) and is_number(number):
            yield Hit(number, "swapped digits", before + swapped.start())


def _digits(text: str, form: str) -> Iterator[Hit]:
    """Numbers written as digits or as BCD in hexadecimal."""
    for match in _SYNTHETIC.finditer(text):
        if match[0].strip("0") != "62" and not _names_issuer(text, match.start()):
            yield Hit(match[0], form, match.start())
    for match in _TAGGED_PAN.finditer(text):  # no check digit asked, as for track 2
        value = match[2][: 2 * int(match[1], 16)]
        if len(value) == 2 * int(match[1], 16) and len(set(value)) > 2:
            yield Hit(value.rstrip("Ff"), "an object", match.start())
    for match in _TAGGED_TRACK2.finditer(text):
        yield Hit(match[1], "an object", match.start())
    for match in _TRACK2.finditer(text):
        if is_number(match[1]):
            yield Hit(match[1], "track 2", match.start())
    for match in _ALONE.finditer(text) if form != APART else ():  # counting is no number
        if is_number(match[0]):
            yield Hit(match[0], form, match.start())


def _names_issuer(text: str, at: int) -> bool:
    """The first digits in an SM2 certificate of an issuer; behind them date, serial, curve."""
    return text[at - 2 : at] == "12" and text.startswith("04001140", at + 18)


def _whole(digits: str, form: str) -> Iterator[Hit]:
    """A text of digits: one number, or a synthetic one within."""
    found = _SYNTHETIC.search(digits)
    if found is not None and found[0].strip("0") != "62":
        yield Hit(found[0], form, found.start())
    elif is_number(digits):
        yield Hit(digits, form, 0)


def _in_base64(text: str) -> Iterator[Hit]:
    """Numbers in what a run of base64 says, as digits or as BCD."""
    plain = text.replace("-", "+").replace("_", "/")
    data = base64.b64decode(plain[: len(plain) // 4 * 4])
    if data.isascii():
        yield from (Hit(hit.number, "base64", 0) for hit in _digits(data.decode(), ""))
    for match in _SYNTHETIC.finditer(data.hex()):
        if match[0].strip("0") != "62":
            yield Hit(match[0], "base64", 0)
