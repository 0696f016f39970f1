"""`tapkern issuer`: test issuers of one's own."""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from tapkern.data.files import SECRET, write_whole
from tapkern.errors import UsageError
from tapkern.issuer.authority import ca_toml
from tapkern.issuer.keyfile import IssuerKeys
from tapkern.issuer.keys import rsa_key, rsa_names
from tapkern.issuer.make import CA_BITS, INDEX, ISSUER_BITS, new_issuer
from tapkern.params.capk import resolve

HELP = "make a test CA and issuer: keys, a card and a terminal that knows them"

TERMINAL = "tapkern:params/configs/demo-sm2.toml"
KEYS, PUBLIC, CARD, CONFIG = "issuer.toml", "ca-keys.toml", "card.toml", "terminal.toml"
FILES = (KEYS, PUBLIC, CARD, CONFIG)
PREFIX = "62000000000"
"""How the PANs of synthetic cards begin."""
NOTE = "test keys: never for real cards; production keys belong in an HSM"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own verbs."""
    verbs = parser.add_subparsers(dest="issuer_verb", metavar="VERB", required=True)
    new = verbs.add_parser("new", help="make an issuer in a folder")
    new.add_argument("folder", metavar="DIR", type=Path, help="folder; made when it is not there")
    new.add_argument("--name", metavar="NAME", help="of the issuer (default: that of the folder)")
    new.add_argument(
        "--rsa-ca-bits", metavar="BITS", type=int, default=CA_BITS, help=f"default {CA_BITS}"
    )
    new.add_argument(
        "--issuer-bits", metavar="BITS", type=int, default=ISSUER_BITS,
        help=f"RSA key of the issuer (default {ISSUER_BITS})",
    )  # fmt: skip
    new.add_argument(
        "--index", metavar="HEX", default=f"{INDEX:02X}",
        help=f"of the RSA CA key; the SM2 key has the next (default {INDEX:02X})",
    )  # fmt: skip
    new.add_argument("--force", action="store_true", help="replace the files of an older issuer")
    new.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one object")


def run(args: argparse.Namespace) -> int:
    """Make the issuer; 0 when done."""
    folder: Path = args.folder
    if not args.force and (there := [n for n in FILES if _in(folder, n)]):
        raise UsageError(f"{there[0]} is there already", str(folder), "--force replaces it")
    keys = new_issuer(
        _name(args.name or folder.resolve().name, named=args.name is not None),
        ca_bits=args.rsa_ca_bits, issuer_bits=args.issuer_bits, index=_index(args.index),
    )  # fmt: skip
    _write(folder, _texts(keys))
    if args.json:
        print(json.dumps(_report(keys, folder)))
        return 0
    for line in _lines(keys, folder):
        print(line)
    return 0


def _in(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _name(text: str, *, named: bool) -> str:
    """A name as a key file takes it; that of a folder is made to fit."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "-") else "-" for c in text)
    kept = kept.strip("-")[:40]
    if named and kept != text:
        raise UsageError("a name is 1 to 40 letters, digits and hyphens", "--name")
    return kept or "issuer"


def _index(text: str) -> int:
    try:
        (value,) = bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"{text!r} is no index", "--index", "two hexadecimal digits") from None
    return value


def _texts(keys: IssuerKeys) -> Mapping[str, str]:
    """The files by name."""
    public = "# CA public keys of a test issuer. A terminal that accepts real cards must not\n"
    public += "# hold one of them.\n\n" + ca_toml(keys.ca_keys())
    return {
        KEYS: keys.to_toml(),
        PUBLIC: public,
        CARD: _card(keys),
        CONFIG: _terminal(),
    }


def _card(keys: IssuerKeys) -> str:
    """A card with both families and an ICC key that the issuer's key can certify."""
    assert keys.rsa is not None
    limit = min(keys.rsa.issuer.size, rsa_key("icc-1024").size)
    fitting = [name for name in rsa_names() if name.startswith("icc-") and "f4" not in name]
    icc = max((n for n in fitting if rsa_key(n).size <= limit), key=lambda n: rsa_key(n).size)
    return (
        f"# A card of the test issuer {keys.name}. Its ICC keys are those of the pool.\n"
        'base = "dual"\n'
        f'title = "Card of {keys.name}"\n'
        f'issuer_file = "{KEYS}"\n\n'
        "[[application]]\n"
        f'pan = "{_pan()}"\n\n'
        "[application.keys]\n"
        f'icc = "{icc}"\n'
    )


def _pan() -> str:
    """A synthetic PAN with its check digit."""
    body = PREFIX + f"{secrets.randbelow(10**7):07}"
    total = 0
    for place, digit in enumerate(map(int, reversed(body))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return f"{body}{-total % 10}"


def _terminal() -> str:
    """The demo terminal with the issuer's CA keys in the place of the ready ones."""
    text = resolve(TERMINAL, Path()).read_text(encoding="utf-8")
    body = text[text.index("[terminal]") : text.index("[[ca_key]]")]
    head = "# The demo terminal with the CA keys of a test issuer: never for real cards.\n\n"
    return f'{head}{body}[[ca_key]]\nfile = "{PUBLIC}"\n'


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """The key file last: without it nothing of an issuer that is only half there works."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (PUBLIC, CARD, CONFIG, KEYS):
            write_whole(folder / name, texts[name], SECRET if name == KEYS else 0o644)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", str(folder)) from None


def _report(keys: IssuerKeys, folder: Path) -> dict[str, object]:
    """What was made, without a key."""
    assert keys.rsa is not None and keys.sm2 is not None
    return {
        "issuer": keys.name,
        "folder": str(folder),
        "rsa": {
            "index": f"{keys.rsa.ca_index:02X}",
            "ca_bits": keys.rsa.ca.n.bit_length(),
            "issuer_bits": keys.rsa.issuer.n.bit_length(),
        },
        "sm2": {"index": f"{keys.sm2.ca_index:02X}"},
        "files": {"keys": KEYS, "ca_keys": PUBLIC, "card": CARD, "terminal": CONFIG},
        "note": NOTE,
    }


def _lines(keys: IssuerKeys, folder: Path) -> list[str]:
    assert keys.rsa is not None and keys.sm2 is not None
    rsa, sm2 = keys.rsa, keys.sm2
    return [
        f"issuer {keys.name}: {NOTE}",
        f"  {folder / KEYS}: RSA CA {rsa.ca.n.bit_length()} bit, index {rsa.ca_index:02X}, issuer "
        f"{rsa.issuer.n.bit_length()} bit; SM2 CA index {sm2.ca_index:02X}; master keys",
        f"  {folder / PUBLIC}: CA public keys for a terminal, or `tapkern keys import`",
        f"  {folder / CARD}: a card of this issuer",
        f"  {folder / CONFIG}: a terminal that knows it",
        f"try: tapkern tap --reader sim:{folder / CARD} --config {folder / CONFIG} --amount 12.50",
    ]
