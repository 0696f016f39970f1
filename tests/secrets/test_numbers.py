"""Card numbers are found however they are written, and what is none is left alone."""

from __future__ import annotations

import base64

import pytest

from tests.secrets.certificates import Opener
from tests.secrets.numbers import find, find_in_page, is_number, luhn

OURS = "62000000" + "00000001016"  # in two pieces: this file is scanned, too
FOREIGN = "476173" + "9001010010"  # a published test number of another scheme
BCD = bytes.fromhex(OURS + "F")


def numbers(text: str) -> set[str]:
    return {hit.number for hit in find(text)}


@pytest.mark.parametrize("number", [OURS, FOREIGN])
@pytest.mark.parametrize(
    "text",
    [
        "{0}",
        "lost {0}.",
        '{{"pan": "{0}"}}',
        "700C5A0{1}{0}{2}5F2403491231",
        "5A0{1}{0}{2}",
        "5712{0}D49122010000000000F",
        "{0}=49122010000000000",
        "FF{0}D4912201",
    ],
)
def test_digits_and_bcd(text, number):
    filled = text.format(
        number, "A" if len(number) == 19 else "8", "F" if len(number) == 19 else ""
    )
    assert number in numbers(filled)


@pytest.mark.parametrize(
    "text",
    [
        OURS.encode().hex(),
        OURS.encode("utf-16-le").hex(),
        OURS.encode("utf-16-le").decode("latin-1"),
        OURS.encode("utf-16-be").decode("latin-1"),
        "A1B2" + OURS + "9A9B",
        "0102" + OURS + "F",
        BCD.hex(" "),
        ", ".join(f"0x{byte:02X}" for byte in BCD),
        ", ".join(f'"{byte:02X}"' for byte in BCD),
        "".join(f"\\x{byte:02x}" for byte in BCD),
        "".join(f"{byte % 16:X}{byte // 16:X}" for byte in BCD),
        " ".join((OURS[:4], OURS[4:8], OURS[8:12], OURS[12:16], OURS[16:])),
        *(base64.b64encode(b"x" * before + BCD + b"rest").decode() for before in range(3)),
        *(base64.b64encode(b"x" * before + OURS.encode()).decode() for before in range(3)),
    ],
)
def test_other_writings(text):
    assert [hit for hit in find(text) if hit.number.startswith(OURS[:15])]
    for hit in find(text):
        assert OURS not in repr(hit) and OURS not in hit.masked


@pytest.mark.parametrize(
    "text",
    [
        f"<b>{OURS[:7]}</b><mark class='x'>{OURS[7:]}</mark>",
        f"\x1b[31m{OURS[:9]}\x1b[0m{OURS[9:]}",
        f"card {OURS[:12]}\n     {OURS[12:]} 9000",
        f"│ card {OURS[:12]} │\n│ {OURS[12:]} │",
    ],
)
def test_cut_into_pieces(text):
    assert not numbers(text)
    assert {hit.number for hit in find_in_page(text)} == {OURS}


@pytest.mark.parametrize(
    "text",
    [
        "620000*********1016",
        "0" * 19,
        "000000006200" + "000000000000" + "0156",  # an amount of 62.00 in the data of GPO
        "1262000000" + "0926" + "82BE87" + "040011" + "4049E5B8779E",  # an SM2 issuer certificate
        "1763806000123",  # milliseconds
        "20261122103736",  # a moment
        "4761739001010011",  # the check digit is wrong
        "4000000000000000",
        "ab4761739001010010cd",  # within hexadecimal of anything
    ],
)
def test_what_is_no_card_number(text):
    assert not numbers(text)


def test_check_digit():
    assert luhn(FOREIGN) and not luhn(FOREIGN[:-1] + "1")
    assert is_number(FOREIGN) and not is_number("9" + FOREIGN)


def certificate() -> tuple[str, str, str]:
    """An ICC certificate of a test card, its issuer's certificate and the remainder of that."""
    from tapkern.issuer import certificates, keys

    ca, issuer, icc = (keys.rsa_key(f"{name}") for name in ("ca-1152", "issuer-1152", "icc-1024"))
    card = certificates.icc_certificate(issuer, icc, OURS, b"\x12\x49", b"\0\0\1", b"")
    bank = certificates.issuer_certificate(ca, issuer, OURS[:8], b"\x12\x49", b"\0\0\1")
    return tuple(
        part.hex().upper() for part in (card.certificate, bank.certificate, bank.remainder)
    )


def test_certificates_give_the_number_back():
    card, _, _ = certificate()
    opener = Opener()
    for text in (f"9F4681{len(card) // 2:02X}{card}9000", f"9F46 | {card.lower()} |"):
        assert [number for number, _ in opener.find(text)] == [OURS]
    assert not list(opener.find(f"9F4681{len(card) // 2:02X}" + "0" * len(card)))


def test_an_issuer_key_is_learned_from_its_certificate():
    from tapkern.issuer import keys

    card, bank, rest = certificate()
    issuer = int.from_bytes(keys.rsa_key("issuer-1152").modulus, "big")
    opener = Opener()
    for moduli in opener._by_size.values():
        moduli.discard(issuer)
    assert not list(opener.find(card))
    text = f"9081{len(bank) // 2:02X}{bank}92{len(rest) // 2:02X}{rest}"
    opener = Opener()
    for moduli in opener._by_size.values():
        moduli.discard(issuer)
    opener.learn_issuers(text)
    assert [number for number, _ in opener.find(card)] == [OURS]


@pytest.mark.parametrize("value", [b"Z\n" + BCD, b"it's" + BCD, b'"\\' + BCD, OURS.encode()])
def test_bytes_as_python_shows_them(value):
    assert OURS in numbers(f"Kept(record={value!r})")
    assert not numbers("b'\\x9' b'\\q' " + repr(b"\0" * 40))
