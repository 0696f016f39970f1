"""decode: what bytes are taken for, what they mean, where they are malformed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tapkern.data import decode, tlv
from tapkern.data.decode import Explanation, Kind, Node, decode_bytes, decode_text

PAN = "6200000000000123455"
# Synthetic data: digest TV-002 and 30 section 19.
GPO_TC = (
    "775182027C009404080104019F3602001157116200000000000123455D491222000000009F1013070101039000"
    "00010A010000008766A1B2C3D49F260889ABCDEF012345679F6C0200009F5D06000000008766"
)
RECORD_1 = (
    "702B5A0A6200000000000123455F5F24034912315F25032001015F280201569F0702FF009F080200305F340101"
)
LAST_V00 = "70099F7406454343303031"
LAST_V01 = "70149F690801112233440000009F7406454343303031"
PPSE = "00A404000E325041592E5359532E444446303100"
GPO_DATA = "3680000000000000000100000000000001560000000000015617060100" + "2B29EBE4"
PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")


def one(text: str, **options: object) -> Explanation:
    (found,) = decode_text(text, **options)  # type: ignore[arg-type]
    return found


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from walk(node.children)


def by_tag(found: Explanation) -> dict[int | None, Node]:
    return {node.tag: node for node in walk(found.nodes)}


def details(node: Node) -> list[str]:
    return [
        " ".join(
            word
            for word in (row.at, row.name.en, row.value, row.meaning.en if row.meaning else "")
            if word
        )
        for row in node.details
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (GPO_TC, Kind.TLV),
        (GPO_TC + "9000", Kind.RESPONSE),
        (RECORD_1, Kind.TLV),
        (PPSE, Kind.COMMAND),
        ("80A80000028300" + "00", Kind.COMMAND),
        ("00B2011400", Kind.COMMAND),
        ("80CA9F7900", Kind.COMMAND),
        ("80AE40001D" + "00" * 29 + "00", Kind.COMMAND),
        ("9000", Kind.RESPONSE),
        ("6985", Kind.RESPONSE),
        ("9F79060000000123459000", Kind.RESPONSE),
        ("800E7C0008010100100102001801010190 00", Kind.RESPONSE),
        ("9F3602900011", Kind.TLV),
        ("9F36029000", Kind.TLV),
        ("9F66049F02069F0306", Kind.DOL),
        ("9F02065F2A029A039C019F3704", Kind.DOL),
        ("8321" + GPO_DATA, Kind.TLV),
        ("775182027C00" + "9000", Kind.RESPONSE),
    ],
)
def test_what_it_takes_the_input_for(text: str, kind: Kind) -> None:
    assert one(text).kind is kind


def test_gpo_response_of_a_tc() -> None:
    found = one(GPO_TC)
    assert found.fault is None
    nodes = by_tag(found)
    assert nodes[0x77].value == "" and len(nodes[0x77].children) == 8
    assert " ".join(row.at for row in nodes[0x82].details) == "B1b7 B1b6 B1b5 B1b4 B1b3"
    assert details(nodes[0x94]) == ["B1-4 SFI 1 08010401 records 1 to 4, 1 for authentication"]
    assert (nodes[0x57].value, nodes[0x57].masked) == ("620000*********3455D4912220*******", True)
    assert details(nodes[0x57])[1] == "expiry YYMM 4912"
    assert details(nodes[0x9F10])[5] == "B5b6-5 1st GENERATE AC or GPO TC (approved)"
    assert details(nodes[0x9F10])[-2:] == [
        "B11-15 EC balance 0000008766 87.66",
        "B16-19 MAC A1B2C3D4",
    ]
    amount = nodes[0x9F5D]
    assert amount.meaning is not None and amount.meaning.en == "87.66"
    assert (amount.offset, amount.length, amount.depth) == (74, 6, 1)
    assert (amount.name_en, amount.name_zh) == (
        "Available Offline Spending Amount (AOSA)",
        "可用脱机消费金额",
    )


def test_records() -> None:
    nodes = by_tag(one(RECORD_1))
    assert nodes[0x5A].value == "620000*********3455F"
    assert nodes[0x5F24].meaning == decode.Text("2049-12-31", "2049-12-31")
    assert len(nodes[0x9F07].details) == 8
    assert by_tag(one(LAST_V00))[0x9F74].meaning == decode.Text('"ECC001"', '"ECC001"')
    assert details(by_tag(one(LAST_V01))[0x9F69]) == [
        "B1 fDDA version 01",
        "B2-5 card unpredictable number 11223344",
        "B6-7 card transaction qualifiers 0000",
        "B8 card indicator (DF61) 00",
    ]


@pytest.mark.parametrize(
    ("value", "last"),
    [
        ("0701010390000001", "B8 algorithm 01 3DES"),
        ("070101039000000100", "B9 length of the issuer discretionary data 00"),
        ("07010103900000010A010000020000C8AB4F4F", "B16-19 MAC C8AB4F4F"),
        ("07010103A00000040F0300000200000000000500C8AB4F4F", "B21-24 MAC C8AB4F4F"),
        ("07010103900000010A0100000200", "B10-14 not explained 0100000200"),
        (
            "07011703900000010A990000020000C8AB4F4F",
            "B11-19 issuer discretionary data 0000020000C8AB4F4F",
        ),
    ],
)
def test_issuer_application_data(value: str, last: str) -> None:
    node = one("9F10" + f"{len(value) // 2:02X}" + value).nodes[0]
    assert details(node)[-1] == last


@pytest.mark.parametrize(
    "value", ["06011203A00000", "080101039000000100", "07", "0701010490000001"]
)
def test_foreign_issuer_application_data_is_not_guessed(value: str) -> None:
    node = one("9F10" + f"{len(value) // 2:02X}" + value).nodes[0]
    assert node.details == ()
    assert any("layout" in note.en for note in node.notes)


@pytest.mark.parametrize(
    "entry", ["30100100", "08000101", "08010001", "09010100", "00010100", "08010103"]
)
def test_impossible_afl_entries_are_named(entry: str) -> None:
    node = one("9404" + entry).nodes[0]
    assert "QP-065" in details(node)[0]


def test_cvm_list() -> None:
    node = one("8E0C" + "00002710" + "00000000" + "42031F00").nodes[0]
    assert details(node) == [
        "B1-4 amount X 00002710 100.00",
        "B5-8 amount Y 00000000 0.00",
        "B9-10 rule 1 4203 enciphered online PIN; terminal supports the CVM; "
        "if it fails, apply the next rule",
        "B11-12 rule 2 1F00 no CVM required; always; if it fails, cardholder verification fails",
    ]
    assert "layout" in one("8E09" + "00" * 9).nodes[0].notes[-1].en


def test_bits_that_are_reserved_are_said() -> None:
    node = one("9F660436010080").nodes[0]
    assert [note.en for note in node.notes] == ["reserved bits set: B2b1"]


def test_gpo_command_is_split_by_the_pdol() -> None:
    command = "80A80000238321" + GPO_DATA + "00"
    for pdol in (PDOL, b"\x9f\x38\x18" + PDOL):
        nodes = by_tag(one(command, pdol=pdol))
        assert nodes[0x9F66].value == "36800000"
        assert (nodes[0x9F37].value, nodes[0x9F37].offset) == ("2B29EBE4", 36)
        assert nodes[0x9A].meaning == decode.Text("2017-06-01", "2017-06-01")
    assert by_tag(one("8321" + GPO_DATA, pdol=PDOL))[0x9F02].meaning == decode.Text("0.01", "0.01")
    alone = by_tag(one(command))
    assert alone[0x83].value == GPO_DATA
    other = one("80A80000038301AA00", pdol=PDOL)
    assert "asks for 33 bytes" in by_tag(other)[0x83].notes[0].en


def test_a_session_teaches_the_pdol_the_cdol_and_the_log_format() -> None:
    lists = tlv.write(0x9F38, b"\x9f\x37\x04") + tlv.write(0x9F4D, b"\x0b\x0a")
    name = tlv.write(0x84, bytes.fromhex("A000000333010101"))
    fci = tlv.write(0x6F, name + tlv.write(0xA5, lists))
    log = (
        "send: 00A4040008A00000033301010100\n"
        f"resp: {fci.hex()} 9000\n"
        "send: 80A8000006 8304 A1B2C3D4 00\n"
        "resp: 80067C00 08010100 9000\n"
        "send: 00B2010C00\n"
        "resp: 70078C059F02069C01 9000\n"
        "send: 80AE8000 07 00000000123400 00\n"
        "resp: 800B 80 0011 1122334455667788 9000\n"
        "send: 80CA9F4F00\n"
        "resp: 9F4F059A039F0206 9000\n"
        "send: 00B2015C00\n"
        "resp: 240607000000001234 9000\n"
        "send: 00B2025C00\n"
        "resp: 6A83\n"
    )
    found = decode_text(log)
    assert [piece.fault for piece in found] == [None] * len(found)
    assert by_tag(found[2])[0x9F37].value == "A1B2C3D4"
    assert {0x82, 0x94} <= set(by_tag(found[3]))
    assert by_tag(found[6])[0x9F02].meaning == decode.Text("12.34", "12.34")
    assert by_tag(found[7])[0x9F36].value == "0011"
    assert by_tag(found[11])[0x9A].meaning == decode.Text("2024-06-07", "2024-06-07")
    assert [piece.line for piece in found] == list(range(1, 15))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("00B2011400", "P2 short file identifier 14 2"),
        ("00B2011400", "P1 record number 01 1"),
        ("80CA9F7900", "P1P2 EC Balance 9F79"),
        ("80AE5000010000", "P1 cryptogram asked for 50 TC"),
        ("80AE5000010000", "P1b5 CDA requested"),
        ("00A4040205A00000033300", "P2 next occurrence 02"),
    ],
)
def test_command_parameters(text: str, part: str) -> None:
    assert part in details(one(text, kind=Kind.COMMAND).nodes[0])


def test_pin_data_are_hidden() -> None:
    found = one("0020008008241234FFFFFFFFFF")
    assert found.nodes[0].children[0].value == "********"
    assert "241234" not in repr(found)
    shown = one("0020008008241234FFFFFFFFFF", unmask=True)
    assert shown.nodes[0].children[0].value == "241234FFFFFFFFFF"


@pytest.mark.parametrize(
    ("text", "kind", "offset", "rule"),
    [
        ("5702AA", None, 0, "TLV-009"),
        ("770582027C00579000", None, 7, "TLV-009"),
        ("770482027C008F01F19000", None, 6, "TLV-016"),
        ("00770482027C009000", Kind.RESPONSE, 0, "TLV-016"),
        ("00A4040005A00000", Kind.COMMAND, 4, "APDU-001"),
        ("00A4", Kind.COMMAND, 2, "APDU-001"),
        ("90", Kind.RESPONSE, 1, "APDU-004"),
        ("9F02069F", Kind.DOL, 3, "DOL-014"),
        ("0000", Kind.TLV, 0, "TLV-016"),
    ],
)
def test_malformed_input_names_offset_and_rule(
    text: str, kind: Kind | None, offset: int, rule: str
) -> None:
    fault = one(text, kind=kind).fault
    assert fault is not None
    assert (fault.offset, fault.rule) == (offset, rule)
    assert fault.what.en and fault.what.zh


def test_what_was_readable_is_shown() -> None:
    found = one(RECORD_1[:-6])
    assert found.fault is not None and found.fault.offset == 0
    assert 0x9F08 in by_tag(found) and 0x5F34 not in by_tag(found)
    cut = by_tag(one("5A0A620000000000012345"))[0x5A]
    assert (cut.value, cut.notes[0].en) == ("", "9 of 10 bytes")


def test_what_a_terminal_ignores_or_refuses_is_said() -> None:
    found = one("70129F3704A1B2C3D48F01F18F01F2C10100" + "9000", kind=Kind.RESPONSE)
    notes = {node.value: [note.en for note in node.notes] for node in walk(found.nodes)}
    assert "TLV-025" in notes["A1B2C3D4"][0]
    assert notes["F1"] == [] and "TLV-021" in notes["F2"][0]
    assert notes["00"] == ["unknown tag"]


def test_other_scheme_and_wrong_length_are_said() -> None:
    assert "C-2" in one("9F5F0100").nodes[0].notes[0].en
    assert one("9F3603000011").nodes[0].notes[0].en == "expected 2 bytes"
    assert one("5F2403491301").nodes[0].notes[0].en == "not a date of the calendar"


def test_parameter_download_tags_that_begin_with_ff() -> None:
    found = one("FF805806000000100000FF805D0101")
    assert [node.tag for node in found.nodes] == [0xFF8058, 0xFF805D]
    assert found.nodes[0].meaning == decode.Text("1000.00", "1000.00")


@pytest.mark.parametrize(
    "text",
    [
        GPO_TC.lower(),
        " ".join(GPO_TC[at : at + 2] for at in range(0, len(GPO_TC), 2)),
        "\n".join(GPO_TC[at : at + 32] for at in range(0, len(GPO_TC), 32)),
        "\r\n".join(GPO_TC[at : at + 31] for at in range(0, len(GPO_TC), 31)),
        ":".join(GPO_TC[at : at + 2] for at in range(0, len(GPO_TC), 2)),
        ", ".join("0x" + GPO_TC[at : at + 2] for at in range(0, len(GPO_TC), 2)),
        "\ufeff# a comment\n" + GPO_TC + "  # the end",
    ],
)
def test_forms_of_hexadecimal(text: str) -> None:
    assert one(text).nodes == one(GPO_TC).nodes


@pytest.mark.parametrize(
    "text",
    [
        f"send: {PPSE}\nresp: 6A82",
        f"12:00:01.5 -> {PPSE}\n12:00:01.7 <- 6A82",
        f"[dbg] C-APDU [{PPSE}]\n[dbg] R-APDU [6A82]",
        f">> {PPSE}\n<< 6A82",
        json.dumps({"sent": "16:36:21.685", "command": PPSE, "response": "6A82"}),
        json.dumps({"apdu": [{"command": PPSE, "response": "6A82"}]}, indent=1),
        f"TX: {PPSE[:20]}\n    {PPSE[20:]}\nRX: 6A 82",
    ],
)
def test_forms_of_logs(text: str) -> None:
    command, response = decode_text(text)
    assert command.taken_as.en == "command SELECT, 20 bytes"
    assert response.nodes[0].value == "6A82"


def test_lines_are_pieces_or_one_piece() -> None:
    assert [piece.kind for piece in decode_text(f"{PPSE}\n6A82\n{RECORD_1}9000")] == [
        Kind.COMMAND,
        Kind.RESPONSE,
        Kind.RESPONSE,
    ]
    assert len(decode_text("9F36\n02\n0001")) == 1
    assert len(decode_text("9F36020001\n\n82027C00")) == 2
    faults = [piece.fault is None for piece in decode_text(f"{RECORD_1[:-6]}\n{PPSE}")]
    assert faults == [False, True]
    dump = "\n".join(GPO_TC[at : at + 32] for at in range(0, 96, 32))
    assert len(decode_text(dump)) == 1


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("9F36\n02 0G", 2, 5), ("xyz", 1, 1), ("123", 1, 0), ("", 1, 0), ("# nothing\n", 1, 0)],
)
def test_not_hex(text: str, line: int, column: int) -> None:
    with pytest.raises(decode.NotHex) as caught:
        decode_text(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def shown(found: list[Explanation]) -> str:
    """Everything that any output can show, and every repr."""
    return repr(found) + repr([dataclasses.asdict(piece) for piece in found])


def leaks(text: str, pan: str) -> bool:
    return pan in text or pan.encode().hex().upper() in text


@pytest.mark.parametrize("text", [GPO_TC, RECORD_1, GPO_TC + "9000", f"resp: {RECORD_1}9000"])
@pytest.mark.unmasked("repr", "what was unmasked by name")
def test_no_pan_by_default(text: str) -> None:
    assert not leaks(repr(tlv.read(bytes.fromhex(RECORD_1))), PAN)
    assert not leaks(shown(decode_text(text)), PAN)
    assert leaks(shown(decode_text(text, unmask=True)), PAN)


pans = st.text("0123456789", min_size=12, max_size=18).map(lambda tail: "6" + tail)
wraps = st.sampled_from([0x70, 0x77, 0xA5, 0xE1])
holders = st.sampled_from([0x50, 0x9F10, 0x9F69, 0x94, 0x8C, 0xC1, 0x9F4B, 0x9F05, 0xDF11, 0x9F12])


@given(pans, wraps, holders, st.binary(max_size=12), st.integers(0, 40), st.booleans())
@example("6200000000000123455", 0x77, 0x9F10, b"\x07\x01\x01\x03", 0, True)
@example("60000000000000", 0x70, 0x50, b"\x00", 32, True)
def test_a_pan_never_shows(
    pan: str, wrap: int, holder: int, junk: bytes, cut: int, track: bool
) -> None:
    digits = bytes.fromhex(pan + "F" * (len(pan) % 2))
    tail = "D49122201234" + "F" * ((len(pan) + 12) % 2)
    card = tlv.write(0x57, bytes.fromhex(pan + tail)) if track else tlv.write(0x5A, digits)
    again = tlv.write(holder, junk + digits) + tlv.write(0x50, pan.encode())
    data = tlv.write(wrap, card + again)
    data = data[: len(data) - cut]
    if digits not in data[:-1] and not track:
        return
    for kind in (None, *Kind):
        assert not leaks(shown([decode_bytes(data, kind=kind)]), pan), kind
    text = f"send: 80AE4000{len(data):02X}{data.hex()}00\nresp: {data.hex()}9000"
    if len(data) < 256:
        assert not leaks(shown(decode_text(text)), pan)


@given(
    st.binary(max_size=300), st.sampled_from([None, *Kind]), st.booleans(), st.binary(max_size=20)
)
def test_garbage_never_raises(data: bytes, kind: Kind | None, unmask: bool, pdol: bytes) -> None:
    found = decode_bytes(data, kind=kind, unmask=unmask, pdol=pdol)
    assert found.length == len(data)
    if found.fault is not None:
        assert 0 <= found.fault.offset <= len(data)
    for node in walk(found.nodes):
        assert 0 <= node.offset <= len(data)


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=30)), max_size=6
    )
)
def test_sessions_of_garbage_never_raise(rows: list[tuple[int, int, bytes]]) -> None:
    lines = [
        f"send: 80{ins:02X}00{p2:02X}{data.hex()}\nresp: {data.hex()}9000" for ins, p2, data in rows
    ]
    if lines:
        decode_text("\n".join(lines))


@given(st.text(max_size=80))
def test_text_is_explained_or_not_hex(text: str) -> None:
    try:
        found = decode_text(text)
    except decode.NotHex as error:
        assert error.line >= 1
    else:
        assert found


@given(st.text("0123456789abcdefABCDEF \n:<>-", max_size=120))
def test_nearly_hexadecimal_text(text: str) -> None:
    try:
        assert decode_text(text)
    except decode.NotHex as error:
        assert error.line >= 1
