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


def before_p12(usable: Usable) -> bool:
    """What happens before an application is selected goes by section 9: all combinations do."""
    return all(combination.p12 for combination, _ in usable)


def before_follow(usable: Usable) -> bool:
    """APDU-003 before a combination is selected: all of them allow it."""
    return all(combination.on("apdu.follow_61_6c") for combination, _ in usable)


def candidates(link: Link, usable: Usable) -> list[Candidate]:
    """EP-042 ... EP-058: asks the card for its directory; no list is an empty list."""
    data, status = link.send(select(PPSE))
    if status == 0x6A81 and before_p12(usable):
        raise End("end_application", "card_blocked", "EP-096")
    if status != 0x9000:
        return []  # EP-043
    link.store(data, directory=True)
    # TLV-014 is a switch of a combination, and none is chosen yet: all must allow it.
    skip_ff = all(combination.on("tlv.skip_ff") for combination, _ in usable)
    entries = _directory(data, skip_ff, names_needed=before_p12(usable))
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


def _directory(data: bytes, skip_ff: bool, names_needed: bool) -> list[dict[str, bytes]]:
    """The usable entries of the PPSE; nothing when its coding is wrong (EP-044, EP-045).

    names_needed: an entry without 4F makes the whole of it invalid (EP-046).
    """
    try:
        outer = values(tlv.objects(tlv.only(data, "6F"), skip_ff))
        inner = values(tlv.objects(outer.get("A5", b""), skip_ff))
    except tlv.Malformed:
        return []
    if outer.get("84") != PPSE:
        return []
    found: list[dict[str, bytes]] = []
    for value in _located(inner.get("BF0C", b""), skip_ff):
        entry = _entry(value, skip_ff)
        if entry is None:
            continue
        if names_needed and "4F" not in entry:
            return []
        if 5 <= len(entry.get("4F", b"")) <= 16:
            found.append(entry)  # EP-046
    return found


def _located(issuer: bytes, skip_ff: bool) -> Iterator[bytes]:
    """The content of each 61, up to where the next one cannot be located (EP-047)."""
    try:
        for tag, value, _ in tlv.scan(issuer, skip_ff):
            if tag == "61":
                yield value
    except tlv.Malformed:
        return


def _entry(value: bytes, skip_ff: bool) -> dict[str, bytes] | None:
    """EP-047, EP-048; None is an entry to skip."""
    try:
        entry = values(tlv.objects(value, skip_ff))
    except tlv.Malformed:
        return None  # EP-047
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


def choose(left: list[Candidate], usable: Usable) -> Candidate:
    """EP-060 ... EP-062: the highest priority, then the lowest position in the PPSE. EP-091."""
    if not left and before_p12(usable):
        raise End("try_another_interface", "no_application", "EP-091")
    if not left:
        raise End("end_application", "no_application", "EP-060")
    return min(left, key=lambda candidate: candidate.priority)


Application = tuple[dict[str, bytes], list[tuple[str, int]], bool]


def application(link: Link, candidate: Candidate, purpose: str = "payment") -> Application | None:
    """EP-063 ... EP-072: FCI and PDOL of the candidate, and whether it is blocked; None when it is
    to be removed. Card information reads a blocked application too (LG-004); without a payment
    there is no GPO, so what EP-067 asks of the FCI does not matter (QP-151, LG-007).

    By section 9 it is not removed: raises End (EP-093, EP-094).
    """
    combination = candidate.combination
    name = candidate.name
    if combination.extended:
        name += candidate.extension
    if len(name) > 16:
        return None  # EP-063
    link.forget()
    link.follow = combination.on("apdu.follow_61_6c")
    data, status = link.send(select(name))
    if status != 0x9000 and not (purpose == "card-info" and status == 0x6283):
        if combination.p12:
            raise End("try_another_interface", "select_refused", "EP-093")
        return None  # EP-065
    link.store(data)
    fci = _application_fci(data, combination.on("tlv.skip_ff"))
    if fci is not None and not combination.is_k7:
        return None  # EP-072: only kernel 7 is there; 84 and the PDOL are its matter (EP-067)
    if purpose != "payment":
        pdol: list[tuple[str, int]] | None = []
    else:
        pdol = None if fci is None or "84" not in fci else _data_list(fci)
    if fci is not None and pdol is not None:
        return fci, pdol, status == 0x6283
    if combination.p12:
        raise End("try_another_interface", "pdol_unusable", "EP-094")
    return None  # EP-067, EP-068


def qualifiers(candidate: Candidate, fci: dict[str, bytes]) -> bytes:
    """TR-001, TR-004, TR-005: the TTQ for this card, B2b8 and B2b7 of pre-processing with it."""
    combination, ttq = candidate.combination, candidate.ttq
    flagged = bool(fci.get("DF61", b"\x00")[0] & 0x40)
    chosen = combination.ttq_oda if flagged else combination.ttq_old
    if chosen is None:
        return ttq
    return bytes([chosen[0], ttq[1] | (chosen[1] & 0x80)]) + ttq[2:]


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
    return fci


def _data_list(fci: dict[str, bytes]) -> list[tuple[str, int]] | None:
    """The PDOL; None when the application cannot be used (EP-067, QP-040, DOL-014, DOL-017)."""
    try:
        entries = tlv.dol(fci.get("9F38", b""))
    except tlv.Malformed:
        return None
    if "9F66" not in [tag for tag, _ in entries] or sum(length for _, length in entries) > 252:
        return None
    return entries
