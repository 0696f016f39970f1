"""Which cases are for a product: its conformance statement (params.ics) against what cases need.

A case needs what it lists under `requires`, what its transactions ask for, and what its terminal
configuration uses: a kernel that refuses the configuration could not run the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tapkern.data.capabilities import capabilities
from tapkern.data.codes import Text
from tapkern.errors import UsageError
from tapkern.lab.errata import Effect, Erratum
from tapkern.lab.suite import Case, Entry, Primitive, Suite
from tapkern.params import ConfigError, load_tables
from tapkern.params.ics import Ics, type_capability, used

_PURPOSES = {"balance": "balance", "card_info": "card_info"}


@dataclass(frozen=True, slots=True)
class Selected:
    """A case and why it is not put to the kernel, None when it is.

    note: of an erratum that leaves the verdict as it is.
    """

    suite: str
    case: Entry
    reason: Text | None
    note: Text | None = None


def select(
    suites: Sequence[Suite], ics: Ics | None, errata: Mapping[str, Erratum]
) -> tuple[Selected, ...]:
    """Every case of the suites in their order, with the reason when it is not applicable.

    Errors: UsageError when a case requires what is no capability.
    """
    chooser = None if ics is None else _Chooser(ics)
    found = []
    for suite in suites:
        for case in suite.cases:
            erratum = errata.get(case.id)
            said = None if erratum is None else erratum.reason()
            withdrawn = erratum is not None and erratum.effect is Effect.WITHDRAWN
            reason = said if withdrawn else None
            if reason is None and chooser is not None:
                reason = chooser.reason(case)
            found.append(Selected(suite.name, case, reason, None if withdrawn else said))
    return tuple(found)


def both(text: Text) -> str:
    """English and Chinese in one line, as reports and the command line tell a reason."""
    return f"{text.en}; {text.zh}"


class _Chooser:
    """Holds cases against one statement."""

    def __init__(self, ics: Ics) -> None:
        self._ics = ics
        self._terminals: dict[tuple[str, str], frozenset[str]] = {}

    def reason(self, case: Case | Primitive) -> Text | None:
        """Why the case is not for the product, in English and Chinese."""
        missing = sorted(set(_asked(case)) - self._ics.capabilities)
        if missing:
            return _words("the case needs", "案例需要", missing, self._ics)
        if isinstance(case, Case):
            missing = sorted(self._used(case) - self._ics.capabilities - _idle(case))
            if missing:
                en, zh = f"its terminal {case.terminal} uses", f"终端{case.terminal}使用"
                return _words(en, zh, missing, self._ics)
        return None

    def _used(self, case: Case) -> frozenset[str]:
        """What the terminal configuration of a case uses."""
        key = case.suite, case.terminal
        if key not in self._terminals:
            try:
                image = load_tables(case.configuration).image
            except ConfigError:  # a run tells that no kernel takes it
                self._terminals[key] = frozenset()
            else:
                self._terminals[key] = frozenset(use.capability for use in used(image))
        return self._terminals[key]


def _idle(case: Case) -> frozenset[str]:
    """What a terminal is set up for and cannot do in this case: recovery needs a store."""
    return frozenset() if "store" in case.surroundings else frozenset({"torn"})


def _asked(case: Case | Primitive) -> Iterator[str]:
    """What a case lists, and what its transactions are."""
    for name in case.requires:
        if name not in capabilities():
            raise UsageError(f"{case.id} requires {name!r}, which is no capability", case.suite)
        yield name
    for tap in case.taps if isinstance(case, Case) else ():
        transaction = tap.transaction
        purpose = _PURPOSES.get(transaction["purpose"])
        if purpose is not None:
            yield purpose
        elif (needs := type_capability(transaction["type"])) is not None:
            yield needs
        if transaction["start"] == "B":
            yield "start_b"
        if tap.recovers:
            yield "torn"


def _words(en: str, zh: str, missing: Sequence[str], ics: Ics) -> Text:
    names = capabilities()
    english = ", ".join(f"{name} ({names[name].en})" for name in missing)
    chinese = "、".join(f"{name}({names[name].zh})" for name in missing)
    label = ics.label + (f"#{ics.configuration}" if ics.configuration else "")
    return Text(
        f"{en} {english}, which {label} does not state", f"{zh}{chinese}，{label}未声明支持"
    )
