"""`tapkern card`: the simulated cards; list them, look inside, show one to other programs."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from tapkern.errors import ReaderError, UsageError

if TYPE_CHECKING:
    from tapkern.card import Card

HELP = "list simulated cards and their faults, look inside, serve one to other programs"

VPCD = "127.0.0.1:35963"
RETRY = 0.5
"""Seconds between two tries to get back into a virtual reader that went away."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own verbs."""
    verbs = parser.add_subparsers(dest="card_verb", metavar="VERB", required=True)
    names = verbs.add_parser("list", help="names of the ready cards")
    show = verbs.add_parser("show", help="files, balances, counters and keys of a card")
    serve = verbs.add_parser("serve", help="let other terminal programs tap a card")
    faults = verbs.add_parser("faults", help="what a card can be told to do wrong")
    for verb in (
        names,
        show,
        serve,
        faults,
    ):  # so that it may stand before and behind the inner verb
        verb.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object"
        )
    for verb in (show, serve):
        verb.add_argument("card", metavar="NAME", help="a ready card, or a TOML file")
        verb.add_argument("--state", type=Path, metavar="FILE", help="keeps balance and counters")
        verb.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME[:VALUE,...]",
            help="make the card misbehave (see tapkern card faults)",
        )
    show.add_argument(
        "--bytes", action="store_true", help="also the bytes of the records: PAN in clear"
    )
    where = serve.add_mutually_exclusive_group()
    where.add_argument(
        "--tcp", metavar="HOST:PORT", default="127.0.0.1:0", help="listen there (port 0: any)"
    )
    where.add_argument(
        "--vpcd", metavar="HOST:PORT", nargs="?", const=VPCD, help=f"virtual reader ({VPCD})"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the verb; 0 when done."""
    verb: str = args.card_verb
    if verb == "list":
        return _list(args)
    if verb == "faults":
        return _faults(args)
    return _show(args) if verb == "show" else _serve(args)


def _list(args: argparse.Namespace) -> int:
    from tapkern.card.model import load_profile, names

    cards = [{"name": name, "title": load_profile(name).title} for name in names()]
    if args.json:
        print(json.dumps({"cards": cards}))
    else:
        width = max(len(card["name"]) for card in cards)
        for card in cards:
            print(f"{card['name']:<{width}}  {card['title']}")
    return 0


def _faults(args: argparse.Namespace) -> int:
    from tapkern.card.faults import describe

    found = describe()
    if args.json:
        print(json.dumps({"faults": found}))
        return 0
    parameters: dict[str, str] = {}
    for fault in found:
        names = [parameter["name"] for parameter in fault["parameters"]]
        takes = f"  [{', '.join(names)}]" if names else ""
        print(f"{fault['name']:<24} {fault['rule']:<9} {fault['meaning']}{takes}")
        for parameter in fault["parameters"]:
            parameters[parameter["name"]] = f"{parameter['meaning']} ({parameter['range']})"
    first = found[0]["name"]
    print(f"\nparameters, as --fault {first}:gpo or {first}:command=gpo,nth=1; each fault: --json")
    for name, meaning in sorted(parameters.items()):
        print(f"  {name:<12} {meaning}")
    return 0


def _load(args: argparse.Namespace) -> Card:
    from tapkern.card import Card, Fault

    faults = [Fault.parse(text) for text in args.fault]
    return Card.load(args.card, state=args.state, faults=faults)


def _show(args: argparse.Namespace) -> int:
    from tapkern.card.describe import describe

    found = describe(_load(args), with_bytes=args.bytes)
    if args.json:
        print(json.dumps(found))
    else:
        from tapkern.cli.inside import show

        show(found)
    return 0


def _serve(args: argparse.Namespace) -> int:
    vpcd: str | None = args.vpcd
    address = _address(vpcd or args.tcp)
    card = _load(args)
    with _Stopper() as stop:
        if vpcd:
            _serve_vpcd(card, address, stop, args.json)
        else:
            _serve_tcp(card, address, stop, args.json)
    return 0


def _serve_tcp(card: Card, address: tuple[str, int], stop: _Stopper, as_json: bool) -> None:
    from tapkern.card.serve import TcpServer

    with TcpServer(card, *address) as server:
        host, port = server.address
        _announce("listening", f"{host}:{port}", as_json)
        server.serve(stop)


def _serve_vpcd(card: Card, address: tuple[str, int], stop: _Stopper, as_json: bool) -> None:
    """Put the card in, and in again whenever the reader comes back from a restart."""
    from tapkern.card.serve import VpcdCard

    reader = VpcdCard(card, *address)
    where = f"{address[0]}:{address[1]}"
    _announce("listening", where, as_json)
    while not stop():
        with reader:
            if not as_json:
                _announce("inserted", where, as_json)
            reader.serve(stop)
        while not stop():
            time.sleep(RETRY)
            try:
                reader = VpcdCard(card, *address)
                break
            except ReaderError:
                continue


def _announce(what: str, where: str, as_json: bool) -> None:
    """The one line that a script waits for."""
    print(json.dumps({what: where}) if as_json else f"{what} {where}", flush=True)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()) or int(port) > 0xFFFF:
        raise UsageError(f"{text!r} is no address", "command line", "write HOST:PORT")
    return host.strip("[]"), int(port)


class _Stopper:
    """Says whether SIGTERM or Ctrl-C came, so that a command in work is finished first."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._before: list[tuple[signal.Signals, Any]] = []

    def __call__(self) -> bool:
        return self._event.is_set()

    def __enter__(self) -> _Stopper:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before.append((number, signal.signal(number, self._stop)))
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._event.set()
