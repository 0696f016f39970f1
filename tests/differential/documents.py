"""A case as text that a file can hold, and back.

A case file is TOML: the card file and the terminal configuration as texts of their own, which can
be pasted into files as they are, then the tap and what goes wrong on the way.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass
from typing import Any

from tapkern.lab.toml_text import toml

Document = dict[str, Any]

VOLATILE = ("unpredictable", "sequence", "time")
"""What makes two taps of a run different without making them another tap."""


@dataclass(frozen=True)
class Case:
    """One tap: a card file, a configuration, a transaction with its surroundings, mutations.

    `tap`: amount, other, type, currency, exponent, date, time, sequence, unpredictable (8 bytes in
    hex); purpose ("balance", "card-info"; absent: a payment); card_random (seed of the card's
    numbers); host (response codes to try after an online request, "" for not reached); detections
    ("card", "collision", "none", "cancel"; afterwards cards); start ("A", "B"; absent: A); listed
    (PANs that `lookup` finds; absent: no lookup); store ("kept", "failed"; absent: none) and
    store_fails (number of the call that fails anyway); others (card files) and who (number of the
    card at each presentment: 0 the card, 1 the first of the others ...); waits (ms before each
    detection); again (what is different in a second transaction: one with a purpose comes in any
    case, a payment is to bring the first one to its end with what the store has kept; `damage` is
    the number of a bit of that record which is wrong).
    """

    seed: int
    index: int
    card: Document
    terminal: Document
    tap: Document
    mutations: tuple[Document, ...] = ()

    @property
    def fingerprint(self) -> bytes:
        """The same for two cases exactly when card, terminal, transaction and mutations agree."""
        tap = {key: value for key, value in self.tap.items() if key not in VOLATILE}
        text = json.dumps([self.card, self.terminal, tap, self.mutations], default=str)
        return hashlib.sha256(text.encode()).digest()[:10]

    def to_toml(self) -> str:
        """The case as a file for `python -m tests.differential --case FILE`."""
        rest = {
            "seed": self.seed,
            "index": self.index,
            "tap": self.tap,
            "mutation": list(self.mutations),
        }
        head, _, tables = toml(rest).partition("\n\n")
        texts = (("card", self.card), ("terminal", self.terminal))
        parts = [f"{name} = '''\n{toml(document)}'''" for name, document in texts]
        return "\n\n".join([head, *parts, tables])

    @classmethod
    def from_toml(cls, text: str) -> Case:
        """A case from its file. Raises ValueError or KeyError about anything else."""
        found = tomllib.loads(text)
        return cls(
            seed=found["seed"],
            index=found["index"],
            card=tomllib.loads(found["card"]),
            terminal=tomllib.loads(found["terminal"]),
            tap={"sequence": 1, **found["tap"]},
            mutations=tuple(found.get("mutation", ())),
        )

    def replaced(self, **changes: Any) -> Case:
        """The case with other parts."""
        return dataclasses.replace(self, **changes)
