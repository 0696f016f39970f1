"""What the cards sign holds, and what the forged card signs does not; the vectors byte for byte."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tapkern.card import Card, names
from tapkern.card.application import Application
from tests.card.terminal import (
    CREDIT,
    DEBIT,
    OFFLINE,
    ONLINE_REQUIRED,
    NotAuthentic,
    Tap,
    authenticate,
    get_data,
    gpo,
    objects,
    read,
    run,
    send,
    start,
)

DATA = Path(__file__).parent.parent / "data"
CARD_NUMBER = bytes.fromhex("11223344")


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "oda-vectors.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def good() -> Tap:
    return run(Card.load("debit"))


def vector_tap(fdda_01: bool) -> tuple[dict[str, bytes], bytes, list[bytes]]:
    card = Card.load("vector", random=lambda count: CARD_NUMBER[:count])
    start(card)
    command = gpo(ttq="36000080" if fdda_01 else "36000000", amount=1234)
    command = bytes.fromhex(command.hex().replace("260601" + "00", "240607" + "00"))
    answer = send(card, command)
    return objects(answer), answer, [send(card, read(number)) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("version", ["v00", "v01"])
def test_vector_card_gives_tv001_to_tv011(vectors: dict[str, Any], version: str) -> None:
    found, answer, records = vector_tap(version == "v01")
    wanted = vectors["records"]
    names = ["SFI1 REC1 (AFL auth)", "SFI1 REC2", "SFI1 REC3", f"SFI1 REC4 {version} (last)"]
    assert [record.hex().upper() for record in records] == [wanted[name] for name in names]
    assert found["9F4B"].hex().upper() == vectors[f"fdda_{version}"]["sdad_9F4B"]
    # TV-002 up to the made-up MAC and cryptogram; the real cryptogram is the one of TV-040
    sample = bytes.fromhex(vectors["gpo_tc"])
    expected = objects(sample)
    for tag in ("82", "94", "9F36", "57", "9F6C", "9F5D"):
        assert found[tag] == expected[tag]
    assert found["9F10"][:-4] == expected["9F10"][:-4]
    assert [tag for tag in found if tag != "9F4B"] == list(expected)
    tv040 = json.loads((DATA / "ac-vectors.json").read_text(encoding="utf-8"))
    assert found["9F26"].hex().upper() == tv040["cvn01_ac"]
    assert answer[:3].hex() == "7781b4"


@pytest.mark.parametrize(
    ("name", "in_answer", "version"),
    [
        ("debit", True, 1),
        ("low-balance", True, 1),
        ("multi", False, 1),
        ("old", True, 0),
        ("vector", True, 1),
    ],
)
def test_chain_holds(name: str, in_answer: bool, version: int) -> None:
    card = Card.load(name)
    for _ in range(2):
        tap = run(card, ttq=OFFLINE, amount=1)
        assert tap.kind == "TC"
        assert authenticate(tap) == tap.gpo["9F36"]
        assert ("9F4B" in tap.gpo) is in_answer  # CS-032
        assert ("9F69" in tap.data) is (version == 1)  # CS-033
        assert "5F24" not in objects(send(card, read(tap.gpo["94"][-2])))


@pytest.mark.parametrize("icc", ["icc-512", "icc-768", "icc-1024-f4", "icc-1152"])
@pytest.mark.parametrize(
    ("ca", "issuer"),
    [
        ("ca-1152", "issuer-1152"),
        ("ca-1408", "issuer-1408"),
        ("ca-1984", "issuer-1152"),
        ("ca-1984", "issuer-1408"),
    ],
)
def test_chain_holds_for_all_key_lengths(ca: str, issuer: str, icc: str) -> None:
    keys = f'[application.keys]\nca = "{ca}"\nissuer = "{issuer}"\nicc = "{icc}"'
    card = Card.from_toml(f'base = "debit"\n[[application]]\n{keys}\n')
    tap = run(card)
    assert authenticate(tap) == tap.gpo["9F36"]
    assert ("9F4B" in tap.gpo) is (icc != "icc-1152")


def test_terminal_without_fdda_01_gets_version_00_cs033() -> None:
    tap = run(Card.load("debit"), ttq="36000000")
    assert "9F69" not in tap.data
    authenticate(tap)


@pytest.mark.parametrize("line", ['version = "0020"\nfdda = 1', "fdda = 0"])
def test_card_without_fdda_01_gives_version_00_cs033(line: str) -> None:
    tap = run(Card.from_toml(f'base = "debit"\n[[application]]\n{line}\n'))
    assert "9F69" not in tap.data
    authenticate(tap)


def test_fdda_01_data_are_fresh_and_hold_the_ctq() -> None:
    card = Card.from_toml('base = "debit"\n[[application]]\nctq = "2000"\n')
    first, second = run(card, amount=1), run(card, amount=1)
    for tap in (first, second):
        data = tap.data["9F69"]
        assert len(data) == 8 and data[0] == 1 and data[7] == 0
        assert data[5:7] == tap.gpo["9F6C"] == b"\x20\x00"
    assert first.data["9F69"][1:5] != second.data["9F69"][1:5]


def test_ctq_that_is_not_sent_is_signed_as_zero() -> None:
    text = (Path(__file__).parent / "plain.toml").read_text(encoding="utf-8")
    tap = run(Card.from_toml(text))
    assert "9F6C" not in tap.gpo and tap.data["9F69"][5:7] == b"\x00\x00"
    authenticate(tap)


def test_forged_card_differs_in_one_bit_of_9f4b(good: Tap) -> None:
    forged = run(Card.load("forged", random=lambda count: good.data["9F69"][1 : 1 + count]))
    assert forged.kind == "TC"
    with pytest.raises(NotAuthentic):
        authenticate(forged)
    different = {tag for tag in good.data if good.data[tag] != forged.data.get(tag)}
    assert different == {"9F4B"} and forged.data.keys() == good.data.keys()
    pairs = zip(good.data["9F4B"], forged.data["9F4B"], strict=True)
    assert sum((a ^ b).bit_count() for a, b in pairs) == 1


@pytest.mark.parametrize("tag", ["90", "92", "9F32", "9F46", "9F48", "9F47", "9F4B", "9F69"])
def test_any_changed_card_byte_breaks_the_chain(good: Tap, tag: str) -> None:
    value = good.data[tag]
    for at in {0, len(value) // 2, len(value) - 1}:
        wrong = value[:at] + bytes([value[at] ^ 0x10]) + value[at + 1 :]
        with pytest.raises(NotAuthentic):
            authenticate(dataclasses.replace(good, data={**good.data, tag: wrong}))


@pytest.mark.parametrize("name", ["static", "amount", "currency", "un"])
def test_any_changed_input_breaks_the_chain(good: Tap, name: str) -> None:
    value: bytes = getattr(good, name)
    changed = dataclasses.replace(good)
    setattr(changed, name, value[:-1] + bytes([value[-1] ^ 1]))
    with pytest.raises(NotAuthentic):
        authenticate(changed)


def test_online_answer_has_no_signature_and_the_right_cryptogram() -> None:
    card = Card.load("credit")
    tap = run(card, CREDIT, ttq=ONLINE_REQUIRED)
    assert tap.kind == "ARQC" and not {"94", "9F4B"} & tap.gpo.keys()
    (application,) = (a for a in card.applications if isinstance(a, Application))
    from tapkern.issuer.cryptogram import application_cryptogram, session_key

    data = gpo(ttq=ONLINE_REQUIRED)[11:40] + tap.gpo["82"] + tap.gpo["9F36"] + tap.gpo["9F10"][3:7]
    assert len(data) == 37
    (branch,) = application.files.branches
    key = session_key(branch.udk_ac, int.from_bytes(tap.gpo["9F36"], "big"))
    assert tap.gpo["9F26"] == application_cryptogram(key, data)


def test_cryptogram_version_17_and_its_pdol() -> None:
    card = Card.from_toml(
        'base = "vector"\n[[application]]\ncvn = 17\npdol = "9F66049F02069F37045F2A02"\n'
    )
    start(card)
    command = bytes.fromhex("80A80000128310" + "36000080000000001234A1B2C3D40156" + "00")
    found = objects(send(card, command))
    assert found["9F10"][2] == 0x11
    tv040 = json.loads((DATA / "ac-vectors.json").read_text(encoding="utf-8"))
    assert found["9F26"].hex().upper() == tv040["cvn17_ac"]


def test_a_pdol_that_asks_for_nothing() -> None:
    card = Card.from_toml('base = "debit"\n[[application]]\npdol = ""\n')
    fci = send(card, bytes.fromhex(f"00A4040008{DEBIT}00"))
    assert "9F38" not in objects(fci)
    assert card.transmit(bytes.fromhex("80A8000002830000")) == b"\x69\x85"  # no TTQ, no way
    assert send(card, get_data("9F36")).hex() == "9f36020001"


def luhn(pan: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(pan))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


@pytest.mark.parametrize("name", names())
def test_ready_cards_have_synthetic_pans_and_hide_them(name: str) -> None:
    card = Card.load(name)
    assert card.name == name
    for application in card.applications:
        if isinstance(application, Application):
            pan = application.profile.pan
            assert luhn(pan) and pan.startswith("6200000000")
            assert pan not in repr(application.profile) + repr(application.files)
            assert application.files.track2.hex() not in repr(application.files)
