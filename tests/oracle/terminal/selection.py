"""PPSE, candidate list, final selection: 20 section 5."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle import tlv
from tests.oracle.terminal import tags
from tests.oracle.terminal.configuration import Combination
from tests.oracle.terminal.outcome import End
from tests.oracle.terminal.preprocess import Usable
from tests.oracle.terminal.session import Candidate, Link

PPSE = bytes.fromhex("325041592E5359532E4444463031")
MOST_CANDIDATES = 32
# 00-index section 6: kernel of a RID when the card names none (EP-051).
DEFAULT_KERNEL = {
    bytes.fromhex(rid): kernel
    for rid, kernel in {
        "A000000004": 2,
        "A000000003": 3,
        "A000000025": 4,
        "A000000065": 5,
        "A000000152": 6,
        "A000000333": 7,
    }.items()
}
# Read from the application's FCI: 6F, A5 and BF0C, each on its own level.
IN_6F, IN_A5, IN_BF0C = (
    ("84",),
    ("50", "87", "9F38", "5F2D", "9F11", "9F12"),
    ("9F4D", "DF4D", "DF61"),
)


def values(objects: list[tuple[str, bytes, bytes]]) -> dict[str, bytes]:
    """The first occurrence of each tag; an empty one is none (TLV-020)."""
    found: dict[str, bytes] = {}
    for tag, value, _ in objects:
        if value:
            found.setdefault(tag, value)
    return found


def select(name: bytes) -> bytes:
    """CMD-001."""
    return b"\x00\xa4\x04\x00" + bytes([len(name)]) + name + b"\x00"


def candidates(link: Link, usable: Usable) -> list[Candidate]:
    """EP-042 ... EP-058: asks the card for its directory; no list is an empty list."""
    data, status = link.send(select(PPSE))
    if status != 0x9000:
        return []  # EP-043
    link.store(data, directory=True)
    # TLV-014 is a switch of a combination, and none is chosen yet: all must allow it.
    skip_ff = all(combination.on("tlv.skip_ff") for combination, _ in usable)
    entries = list(_directory(data, skip_ff))
    found: list[Candidate] = []
    for entry in entries:
        extension = entry.get("9F29", b"")
        fitting = [
            Candidate(entry["4F"], combination, ttq, _priority(entry), extension, entry)
            for combination, ttq in usable
            if _matches(combination, entry["4F"]) and _kernel_fits(combination, entry)
        ]
        best: dict[bytes, Candidate] = {}  # EP-057: the longest AID, of each kernel (EP-055)
        for one in fitting:
            kernel = one.combination.kernel
            if kernel not in best or len(one.combination.aid) > len(best[kernel].combination.aid):
                best[kernel] = one
        found += best.values()
    return found[:MOST_CANDIDATES]


def _directory(data: bytes, skip_ff: bool) -> Iterator[dict[str, bytes]]:
    """The usable entries of the PPSE; nothing when its coding is wrong (EP-044, EP-045)."""
    try:
        outer = values(tlv.objects(tlv.only(data, "6F"), skip_ff))
        inner = values(tlv.objects(outer.get("A5", b""), skip_ff))
    except tlv.Malformed:
        return
    if outer.get("84") != PPSE:
        return
    try:
        for tag, value, _ in tlv.scan(inner.get("BF0C", b""), skip_ff):
            entry = _entry(value, skip_ff) if tag == "61" else None
            if entry is not None:
                yield entry
    except tlv.Malformed:
        return  # EP-047: the next entry cannot be located


def _entry(value: bytes, skip_ff: bool) -> dict[str, bytes] | None:
    """EP-046 ... EP-048; None is an entry to skip."""
    try:
        entry = values(tlv.objects(value, skip_ff))
    except tlv.Malformed:
        return None  # EP-047
    if not 5 <= len(entry.get("4F", b"")) <= 16:
        return None  # EP-046
    for tag in ("50", "87", "9F12"):
        if tag in entry and not tags.fits(tag, entry[tag]):
            del entry[tag]  # EP-048
    return entry


def _priority(entry: dict[str, bytes]) -> int:
    """EP-062: 1 is the highest; 0 and absent come last."""
    return entry.get("87", b"\x00")[0] & 0x0F or 16


def _matches(combination: Combination, name: bytes) -> bool:
    """EP-050."""
    return name == combination.aid or (combination.partial and name.startswith(combination.aid))


def _kernel_fits(combination: Combination, entry: dict[str, bytes]) -> bool:
    """EP-051 ... EP-055."""
    default = DEFAULT_KERNEL.get(combination.aid[:5], 0)
    asked = entry.get("9F2A", b"")
    if not asked:
        wanted = bytes([default])  # EP-051
    elif asked[0] < 0x80:
        wanted = asked[:1]  # EP-052
        if combination.is_k7 and wanted != b"\x07" and combination.on("ep.k7_ignore_other_kid"):
            wanted = bytes([default])  # EP-054
    elif len(asked) < 3 or not asked[0] & 0x3F:
        return False  # EP-053
    else:
        wanted = asked[:3]
    return wanted == b"\x00" or wanted == combination.kernel  # EP-055


def choose(left: list[Candidate]) -> Candidate:
    """EP-060 ... EP-062: the highest priority, then the lowest position in the PPSE."""
    if not left:
        raise End("end_application", "no_application", "EP-060")
    return min(left, key=lambda candidate: candidate.priority)


def application(link: Link, candidate: Candidate) -> dict[str, bytes] | None:
    """EP-063 ... EP-068: the FCI of the candidate; None when the candidate is to be removed."""
    name = candidate.name
    if candidate.combination.extended:
        name += candidate.extension
    if len(name) > 16:
        return None  # EP-063
    link.forget()
    data, status = link.send(select(name))
    if status != 0x9000:
        return None  # EP-065
    link.store(data)
    fci = _application_fci(data, candidate.combination.on("tlv.skip_ff"))
    # EP-072: only kernel 7 is there.
    return fci if fci is not None and candidate.combination.is_k7 else None


def _application_fci(data: bytes, skip_ff: bool) -> dict[str, bytes] | None:
    try:
        outer = values(tlv.objects(tlv.only(data, "6F"), skip_ff))
        inner = values(tlv.objects(outer.get("A5", b""), skip_ff))
        issuer = values(tlv.objects(inner.get("BF0C", b""), skip_ff))
    except tlv.Malformed:
        return None  # EP-068
    fci: dict[str, bytes] = {}
    for level, wanted in ((outer, IN_6F), (inner, IN_A5), (issuer, IN_BF0C)):
        for tag in wanted:
            # EP-048, TLV-034: a wrong length counts as absent.
            if tag in level and tags.fits(tag, level[tag]):
                fci[tag] = level[tag]
    if "84" not in fci:
        return None  # EP-067
    return fci


def data_list(fci: dict[str, bytes]) -> list[tuple[str, int]] | None:
    """The PDOL; None when the application cannot be used (EP-067, QP-040, DOL-014, DOL-017)."""
    try:
        entries = tlv.dol(fci.get("9F38", b""))
    except tlv.Malformed:
        return None
    if "9F66" not in [tag for tag, _ in entries] or sum(length for _, length in entries) > 252:
        return None
    return entries
