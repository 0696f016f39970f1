"""GET PROCESSING OPTIONS, cryptogram type and path: 30 sections 5 and 6."""

from __future__ import annotations

from tests.oracle import tlv
from tests.oracle.terminal import dol, intake, tags
from tests.oracle.terminal.outcome import End, Lost
from tests.oracle.terminal.session import Session

TYPES = ("AAC", "TC", "ARQC", "RFU")


def process(session: Session) -> None:
    """Sends the command and judges the answer; raises End when it decides."""
    data, status = _send(session)
    if status != 0x9000:
        raise _refused(session, status)
    judge(session, data)


def judge(session: Session, data: bytes) -> None:
    """Judges an answer, which a recovery brings again (TT-011); raises End when it decides."""
    session.link.store(data)
    session.answer = data
    objects = _coded(session, data)
    wrong = intake.take(session, objects, gpo=True)
    _path(session)
    session.kind = _type(session)
    if session.kind == "RFU":
        raise End("declined", "cryptogram_rfu", "QP-007")
    if session.kind == "AAC":
        raise End("declined", "card_declined", "QP-069")
    _cryptogram(session)
    if len(session.card.get("82", b"\x00\x00")) != 2:
        raise session.terminate("bad_data", "QP-064")
    if wrong is not None:
        raise session.terminate("bad_data", wrong)
    session.afl = _locator(session)
    flagged = session.ttq(1, 1) and bool(session.fci.get("DF61", b"\x00")[0] & 0x40)
    session.online_oda = session.kind == "ARQC" and flagged
    _mandatory(session)
    intake.agree(session)
    if (
        session.kind == "TC"
        and session.ttq(2, 8)
        and session.combination.word("qp.tc_despite_online") == "decline"
    ):
        raise End("declined", "tc_despite_online", "QP-170")


def reads(session: Session) -> bool:
    """QP-070, QP-071: the records of the AFL are read."""
    wanted = session.kind == "TC" or session.online_oda or session.on("qp.read_afl_on_arqc")
    return wanted and bool(session.afl)


def _send(session: Session) -> tuple[bytes, int]:
    """QP-042, QP-045, CMD-005."""
    values = dol.filled(session, session.pdol)
    data = tlv.encode("83", values)
    command = b"\x80\xa8\x00\x00" + bytes([len(data)]) + data + b"\x00"
    try:
        return session.link.send(command)
    except Lost:
        raise End("try_again", "card_lost", "TT-002") from None


def _refused(session: Session, status: int) -> End:
    """QP-052 ... QP-055 with qp.gpo_sw_policy."""
    policy = session.combination.word("qp.gpo_sw_policy")
    if status == 0x6986 and policy != "p12":
        return End("try_again", "see_phone", "QP-054")
    if policy == "k3style" and status == 0x6985:
        return End("select_next", "gpo_refused", "QP-052")
    rule = {0x6985: "QP-052", 0x6984: "QP-053", 0x6986: "QP-054"}.get(status, "QP-055")
    other = session.ttq(1, 5) or (policy == "k3style" and status == 0x6984)
    return End("try_another_interface" if other else "end_application", "gpo_refused", rule)


def _coded(session: Session, data: bytes) -> list[tuple[str, bytes, bytes]]:
    """QP-060, QP-061, QP-063: the objects of the 77; a debit/credit answer ends here."""
    rule = "QP-063" if data[:1] == b"\x80" else "QP-060"
    try:
        value = tlv.only(data, "80" if data[:1] == b"\x80" else "77")
        if rule == "QP-063" and not session.ttq(1, 7):
            raise session.terminate("bad_data", rule)
        if rule == "QP-063" or not session.ttq(1, 6):
            raise End("try_another_interface", "path_not_supported", "QP-160")
        return tlv.objects(value, session.on("tlv.skip_ff"))
    except tlv.Malformed:
        raise session.terminate("bad_data", "QP-060") from None


def _path(session: Session) -> None:
    """QP-062: both paths, and no cryptogram or the AIP says so: contactless debit/credit."""
    if not session.ttq(1, 7):
        return
    aip = session.card.get("82", b"")
    says_so = len(aip) == 2 and bool(aip[1] & 0x80) and session.on("qp.aip_b2b8_means_dc")
    if says_so or "9F26" not in session.card:
        raise End("try_another_interface", "path_not_supported", "QP-160")


def _type(session: Session) -> str:
    """QP-005, QP-006: the type, "" when it cannot be known."""
    cid, application = session.card.get("9F27"), session.card.get("9F10")
    by_cid = TYPES[cid[0] >> 6] if cid and len(cid) == 1 else ""
    by_iad = TYPES[application[4] >> 4 & 3] if application and len(application) >= 7 else ""
    session.names_tc = "TC" in (by_cid, by_iad)
    source = session.combination.word("qp.cid_source")
    if source == "cid":
        return by_cid if cid else by_iad
    if source == "iad":
        return by_iad
    for kind in ("RFU", "AAC", "ARQC", "TC"):
        if kind in (by_cid, by_iad):
            return kind
    return ""


def _cryptogram(session: Session) -> None:
    """QP-061, QP-067, QP-068: what the type and its proof are read from."""
    if "9F26" not in session.card:
        other = "try_another_interface" if session.ttq(1, 5) else "end_application"
        raise End(other, "missing_data", "QP-061")
    application = session.card.get("9F10")
    if application is None:
        raise session.terminate("missing_data", "QP-068")
    short = len(application) < 7 or not tags.fits("9F10", application)
    if short or len(session.card.get("9F27", b"\x00")) != 1:
        raise session.terminate("bad_data", "QP-067")


def _mandatory(session: Session) -> None:
    """QP-064, QP-067."""
    card = session.card
    for tag, rule in (("82", "QP-064"), ("9F36", "QP-067")):
        if tag not in card:
            raise session.terminate("missing_data", rule)
    if session.kind == "TC" and "94" not in card:
        raise session.terminate("missing_data", "QP-067")
    if session.kind == "ARQC" and not reads(session) and "57" not in card:
        raise session.terminate("missing_data", "QP-067")
    if len(card["9F36"]) != 2 or len(card["9F26"]) != 8:
        raise session.terminate("bad_data", "QP-067")


def _locator(session: Session) -> list[tuple[int, int, bool]]:
    """QP-065: (SFI, record, authenticated) of each record in reading order."""
    value = session.card.get("94", b"")
    if len(value) % 4:
        raise session.terminate("bad_data", "QP-065")
    found = []
    for at in range(0, len(value), 4):
        file, first, last, count = value[at : at + 4]
        if file & 7 or not 1 <= file >> 3 <= 30 or first < 1 or last < first:
            raise session.terminate("bad_data", "QP-065")
        if count > last - first + 1:
            raise session.terminate("bad_data", "QP-065")
        found += [(file >> 3, number, number < first + count) for number in range(first, last + 1)]
    return found
