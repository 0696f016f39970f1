"""A whole session explained: later pieces by what earlier ones told, equal ones only once."""

from __future__ import annotations

import pytest

from tapkern.data.decode import Explanation, Memory, Node, decode_session

PAN = "6200000000000003456"  # its check digit is wrong: it does not look like a number
SELECT = "00A4040008A00000033301010600"
GPO = "80A8000008830600000000125000"
TRACK2 = f"{PAN}D3012220000"
RECORD = f"70{len(TRACK2) // 2 + 2:02X}57{len(TRACK2) // 2:02X}{TRACK2}9000"


def select_answer(pdol: str) -> str:
    head = f"9F38{len(pdol) // 2:02X}{pdol}"
    inside = f"8408A000000333010106A5{len(head) // 2:02X}{head}"
    return f"6F{len(inside) // 2:02X}{inside}9000"


def session(*pairs: tuple[str, str | None]) -> list[tuple[bytes, bytes | None]]:
    return [(bytes.fromhex(one), None if two is None else bytes.fromhex(two)) for one, two in pairs]


AMOUNT = session((SELECT, select_answer("9F0206")), (GPO, "6985"), ("00B2010C00", RECORD))
OTHER = session((SELECT, select_answer("9F0306")), (GPO, "6985"), ("00B2010C00", RECORD))
LOST = session((SELECT, select_answer("9F0306")), (GPO, None))


def tags(explanation: Explanation) -> list[int]:
    def walk(node: Node) -> list[int]:
        below = [tag for child in node.children for tag in walk(child)]
        return below if node.tag is None else [node.tag, *below]

    return [tag for node in explanation.nodes for tag in walk(node)]


def test_commands_and_answers_come_in_pairs():
    found = decode_session(LOST)
    assert [(one.kind.value, two and two.kind.value) for one, two in found] == [
        ("command", "response"),
        ("command", None),
    ]


@pytest.mark.parametrize("order", [(AMOUNT, OTHER), (OTHER, AMOUNT), (AMOUNT, OTHER, AMOUNT)])
def test_a_memory_changes_nothing(order):
    memory = Memory()
    for one in order:
        assert decode_session(one, memory) == decode_session(one)


def test_the_same_command_is_read_by_the_list_of_its_own_session():
    memory = Memory()
    asked = [tags(decode_session(one, memory)[1][0]) for one in (AMOUNT, OTHER)]
    assert asked == [[0x83, 0x9F02], [0x83, 0x9F03]]


def test_equal_pieces_are_explained_once():
    memory = Memory()
    first, again = decode_session(AMOUNT, memory), decode_session(AMOUNT, memory)
    assert all(one[0] is two[0] and one[1] is two[1] for one, two in zip(first, again, strict=True))


def test_a_number_that_comes_late_is_masked_early():
    early = f"00A40400{len(PAN) // 2 + 1:02X}{PAN}F"
    found = decode_session(session((early, "6A82"), ("00B2010C00", RECORD)))
    assert PAN not in repr(found) and "620000*********3456" in repr(found[1][1])
