"""TLV decoders from PyPI, each called as its documentation says; none of them is required.

A peer that is missing, or that does not find the values of a corpus, has a reason in words instead
of a function. Lossy peers drop repeated tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tapkern._kernel import Message

Decode = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """A decoder. decode gives its tree; problem says why it cannot be measured, "" when it can."""

    label: str
    decode: Decode | None
    problem: str = ""


def _pyemv() -> Decode:
    decode: Decode = import_module("pyemv.tlv").decode
    return decode


def _ber_tlv() -> Decode:
    parse: Decode = import_module("ber_tlv.tlv").Tlv.parse
    return parse


def _pyosmocom() -> Decode:
    """It reads one object at a time; the walk is ours."""
    one = import_module("osmocom.tlv").bertlv_parse_one

    def walk(data: bytes) -> list[tuple[int, Any]]:
        found = []
        while data:
            tag, _, value, data = one(data)
            found.append((tag["tag"], walk(value) if tag["constructed"] else value))
        return found

    return walk


_LOADERS: dict[str, tuple[Callable[[], Decode], bool]] = {  # by distribution; whether lossy
    "pyemv": (_pyemv, True),
    "ber-tlv": (_ber_tlv, False),
    "pyosmocom": (_pyosmocom, False),
}


def peers(corpus: Iterable[bytes]) -> dict[str, Peer]:
    """Every peer by distribution, checked against the values of the corpus."""
    messages = list(corpus)
    return {name: _peer(name, *how, messages) for name, how in _LOADERS.items()}


def _peer(name: str, load: Callable[[], Decode], lossy: bool, messages: list[bytes]) -> Peer:
    try:
        label = f"{name} {version(name)}"
        decode = load()
    except (ImportError, PackageNotFoundError):
        return Peer(name, None, f"not installed: pip install {name}")
    for message in messages:
        try:
            found = sorted(_leaves(decode(message)))
        except Exception as error:  # a peer may raise whatever it likes
            return Peer(label, None, f"refuses a message ({type(error).__name__})")
        wanted = values(message)
        if not set(found) <= set(wanted) or not (lossy or found == wanted):
            return Peer(label, None, "finds other values than the kernel")
    return Peer(label, decode)


def values(message: bytes) -> list[bytes]:
    """The primitive values of a message, sorted."""
    return sorted(value for _, tag, _, value in Message(message) if not _constructed(tag))


def _constructed(tag: int) -> bool:
    return bool(tag >> (tag.bit_length() - 1) // 8 * 8 & 0x20)


def _leaves(tree: Any) -> Iterator[bytes]:
    """The values in dictionaries, or in lists of pairs."""
    if isinstance(tree, dict):
        tree = list(tree.items())
    if isinstance(tree, list):
        for _, value in tree:
            yield from _leaves(value)
    else:
        yield bytes(tree)
