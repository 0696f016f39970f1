"""What is done to an answer: by tag, by byte, by length, as tapkern.lab.field does it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.differential.wrong import FOREIGN, OBJECTS, TERMINAL_OWNED

WORDS = (
    "9000", "9000", "6283", "6300", "6700", "6984", "6985", "6986", "6A81", "6A82", "6A83", "6A88",
    "6D00", "6E00", "9001", "6110", "6100", "6C10", "6C00", "0000",
)  # fmt: skip
PAIRS = sorted(
    {
        (tag, value)
        for found in OBJECTS.values()
        for tag, values in found.items()
        for value in values
    }
    | set(TERMINAL_OWNED.items())
    | set(FOREIGN.items())
)
TAGS = sorted({tag for tag, _ in PAIRS})
OWNED = sorted(TERMINAL_OWNED.items())
EDGES = ("", "00", "FF", "0000", "00" * 20, "FFFF", "70", "9F02", "5A0A", "7081", "DF81FF")
RECORDS = ("7000", "70049F0101AA", "7003DF7F00", "70819C" + "C1819900" + "00" * 152)
"""Records that bring nothing new."""
TEMPLATES = ("70", "77", "80", "6F", "61")
Mutation = dict[str, Any]


def flipped(data: bytes, bit: int) -> bytes:
    """One bit the other way."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 0x80 >> bit % 8
    return bytes(changed)


KINDS = {0xA8: "gpo", 0xB2: "record"}
BY_ANSWER = {
    name: sorted((tag, v) for tag, values in found.items() for v in values)
    for name, found in OBJECTS.items()
}


def fitting(mutation: Mutation, command: bytes) -> Mutation:
    """A change as tapkern.lab.field takes it: "table" is a value worth trying in this answer."""
    if mutation["kind"] != "table":
        return mutation
    name = KINDS.get(command[1], "ppse" if b"2PAY" in command else "select")
    found = BY_ANSWER[name]
    tag, value = found[mutation["pick"] % len(found)]
    return {"kind": "set", "tag": tag, "value": value}


def _inserted(pair: tuple[str, str], pick: int) -> Mutation:
    return {"kind": "insert", "tag": pair[0], "value": pair[1], "pick": pick}


def mutations() -> st.SearchStrategy[Mutation]:
    """One change of an answer, as plain values."""
    number = st.integers(0, 400)
    edge = st.sampled_from(EDGES)
    tag = st.sampled_from(TAGS)
    pair = st.sampled_from(range(len(PAIRS)))  # numbers, as the whole list is a long text
    return st.one_of(
        st.builds(lambda n: {"kind": "table", "pick": n}, number),
        st.builds(lambda n: {"kind": "table", "pick": n}, number),
        st.builds(lambda p: {"kind": "set", "tag": PAIRS[p][0], "value": PAIRS[p][1]}, pair),
        st.builds(lambda p, n: _inserted(PAIRS[p], n), pair, number),
        st.builds(_inserted, st.sampled_from(OWNED), number),
        st.builds(lambda t: {"kind": "drop", "tag": t}, tag),
        st.builds(lambda n: {"kind": "drop", "pick": n}, number),
        st.builds(lambda n: {"kind": "copy", "pick": n}, number),
        st.builds(lambda n, m: {"kind": "move", "pick": n, "to": m}, number, number),
        st.builds(lambda n, m: {"kind": "bit", "pick": n, "bit": m}, number, st.integers(0, 2047)),
        st.builds(lambda t, m: {"kind": "bit", "tag": t, "bit": m}, tag, st.integers(0, 2047)),
        st.builds(lambda n, v, c: {"kind": "resize", "pick": n, "value": v, "cut": c}, number, edge,
                  st.integers(0, 9)),
        st.builds(lambda n, v: {"kind": "pad", "pick": n, "home": n, "value": v}, number, edge),
        st.builds(lambda v: {"kind": "template", "value": v}, st.sampled_from(TEMPLATES)),
        st.builds(lambda n: {"kind": "cut", "count": n}, st.integers(1, 60)),
        st.builds(lambda v: {"kind": "tail", "value": v}, edge),
        st.builds(lambda n: {"kind": "flip", "bit": n}, st.integers(0, 2047)),
        st.just({"kind": "long form"}),
        st.builds(lambda v, k: {"kind": "status", "value": v, "keep": k}, st.sampled_from(WORDS),
                  st.booleans()),
        st.builds(lambda n: {"kind": "replay", "pick": n}, number),
    )  # fmt: skip
