"""The host behind a tap: hands an online request to a test issuer, shows what it answered."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tapkern.errors import UsageError
from tapkern.outcome import Outcome, Status
from tapkern.terminal import Tap

if TYPE_CHECKING:
    from tapkern.issuer.host import Host, HostReply

HOSTS = ("approve", "decline", "time-out", "wrong-arpc", "script", "verify")
BALANCE = 1_000_000
"""Minor units in the account of a card that a host meets for the first time."""
CODE_ALONE = "a contactless tap takes the response code alone (QP-129)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a host."""
    add = parser.add_argument
    add("--host", choices=HOSTS, help="answers an online request; verify checks the cryptogram")
    add("--issuer", metavar="FILE", help="key file of the host's issuer (default: the ready cards)")
    add("--accounts", metavar="FILE", type=Path, help="keeps the host's accounts (card numbers!)")
    add(
        "--script", metavar="COMMAND", action="append",
        help="of the host script: application-block, put-data:9F77=000000050000 and so on",
    )  # fmt: skip


def host_of(args: argparse.Namespace) -> Host | None:
    """The host that the options describe, None without one. Raises UsageError."""
    if args.host is None:
        for name in ("issuer", "accounts", "script"):
            if getattr(args, name) is not None:
                raise UsageError(f"--{name} needs --host", "command line", "--host verify")
        return None
    from tapkern.issuer import keyfile, scripts
    from tapkern.issuer.accounts import Account, Accounts
    from tapkern.issuer.check import Issuer
    from tapkern.issuer.host import Host

    if args.host == "script" and not args.script:
        hint = "for example --script application-block"
        raise UsageError("--host script needs --script", "command line", hint)
    issuer = Issuer.ready() if args.issuer is None else Issuer.of(keyfile.load(args.issuer))
    accounts = Accounts(path=args.accounts, everyone=Account(BALANCE))
    commands = [scripts.parse(text) for text in args.script or ()]
    return Host(issuer, accounts, args.host, commands=commands)


def complete(tap: Tap, host: Host, console: Console) -> tuple[HostReply, Outcome] | None:
    """Asks the host about an online request and ends the tap; None for any other outcome."""
    if tap.outcome.status is not Status.ONLINE_REQUEST:
        return None
    reply = ask(host, tap.outcome)
    for line in lines(reply, host.behaviour.value):
        console.print(Text(f"{'':10}{line}", style="dim"), soft_wrap=True, highlight=False)
    return reply, tap.complete(reply.code)


def ask(host: Host, outcome: Outcome) -> HostReply:
    """The host's answer to an online request: field 55, and the card's number from the record."""
    from tapkern.issuer.request import OnlineRequest, RequestError

    try:
        request: bytes | OnlineRequest = OnlineRequest.read(outcome.field55, outcome.data_record)
    except RequestError:
        request = outcome.field55  # the host says for itself what it thinks of that
    return host.answer(request)


def lines(reply: HostReply, name: str) -> list[str]:
    """What the host said, for people."""
    if reply.code is None:
        return [f"host {name}: not reached"]
    words = reply.reason.value.replace("_", " ")
    detail = f" ({reply.detail})" if reply.detail else ""
    again = ", as before" if reply.repeated else ""
    found = [f"host {name}: {reply.code} {words}{detail}{again}"]
    if reply.check is not None:
        found.append(f"cryptogram: {reply.check.words()}")
    sent = ["ARPC"] if reply.tag91 else []
    sent += [f"script {', '.join(reply.commands)}"] if reply.scripts else []
    if sent:
        found.append(f"{' and '.join(sent)} not used: {CODE_ALONE}")
    return found


def to_json(found: tuple[HostReply, Outcome] | None) -> dict[str, object]:
    """The host's answer and the final outcome; null where the tap did not go online."""
    if found is None:
        return {"host": None, "final": None}
    reply, final = found
    told = {**reply.to_json(), "not_used": CODE_ALONE if reply.to_tlv() else None}
    return {"host": told, "final": final.to_json()}
