"""The kernel's authentication against the independent verifier of tests/oracle, set by set.

Random data sets of every method and both families, every second one with one mutation. The verdict
has to be equal, and the failed rule too; differing rule names are shown as a table.

TAPKERN_ODA_SETS=n   number of sets (2000)
TAPKERN_ODA_SEED=s   another run of sets (1)

`python -m tests.oracle.mutations SEED INDEX` prints one set, its mutation and the oracle's verdict.
"""

from __future__ import annotations

import dataclasses
import os
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.differential.allowed import SETS as ALLOWED
from tests.oracle import chain, mutations, vectors
from tests.oracle.builder import build, draw
from tests.oracle.mutator import ANY, OK, Case, Mutation

oda: Any = pytest.importorskip("tapkern.oda", exc_type=ImportError)

SETS = int(os.environ.get("TAPKERN_ODA_SETS", "2000"))
SEED = int(os.environ.get("TAPKERN_ODA_SEED", "1"))


@dataclasses.dataclass(frozen=True)
class Answer:
    """What both sides said of one set."""

    mutation: str
    method: str
    oracle: str
    kernel: str

    @property
    def same_verdict(self) -> bool:
        return (self.oracle == OK) == (self.kernel == OK)

    @property
    def same(self) -> bool:
        return self.oracle == self.kernel or (
            self.same_verdict and (self.oracle, self.kernel) in ALLOWED
        )


def name_of(verified: bool, rule: str | None) -> str:
    """OK, the rule, or what is wrong with a verdict that is neither."""
    if verified:
        return OK if rule is None else f"verified, yet {rule}"
    return rule or "failed without a rule"


def ask(case: Case) -> Answer:
    mine = chain.verify(case.data)
    try:
        theirs = oda.verify(case.data)
        kernel = name_of(theirs.verified, theirs.failed_rule)
    except Exception as error:  # an answer too: card data may never raise
        kernel = f"raised {type(error).__name__}"
    return Answer(
        case.mutation or "valid",
        f"{case.data['method']}/{case.data['ca_key']['algorithm']}",
        name_of(mine.verified, mine.failed_rule),
        kernel,
    )


def table(differences: list[tuple[int, Answer]]) -> str:
    """One line for each kind of difference, with the number of sets and the first index."""
    kinds = Counter((answer.oracle, answer.kernel) for _, answer in differences)
    lines = [f"{'oracle':<10} {'kernel':<10} {'sets':>5}  first set, method and mutation"]
    for (oracle, kernel), count in kinds.most_common():
        index, first = next(
            pair for pair in differences if (pair[1].oracle, pair[1].kernel) == (oracle, kernel)
        )
        names = sorted(
            {a.mutation for _, a in differences if (a.oracle, a.kernel) == (oracle, kernel)}
        )
        more = f" (and {len(names) - 1} more mutations)" if len(names) > 1 else ""
        origin = f"{index}, {first.method}, {first.mutation}{more}"
        lines.append(f"{oracle:<10} {kernel:<10} {count:>5}  {origin}")
    return "\n".join(lines)


def test_kernel_and_oracle_agree() -> None:
    differences = []
    seen: Counter[str] = Counter()
    for index in range(SETS):
        case = mutations.case(SEED, index)
        answer = ask(case)
        seen[answer.oracle] += 1
        if case.expected != ANY:
            assert answer.oracle == case.expected, f"the oracle is wrong: set {index} of {SEED}"
        if not answer.same:
            differences.append((index, answer))
    worse = [pair for pair in differences if not pair[1].same_verdict]
    if differences:
        text = f"seed {SEED}, {SETS} sets, {len(differences)} differ\n{table(differences)}"
        if worse:
            text += f"\n\n{len(worse)} of them in the verdict itself:\n{table(worse)}"
        pytest.fail(text, pytrace=False)
    if SETS >= 1000:
        assert seen[OK] > SETS // 3 and len(seen) > 40, "the sets do not reach enough rules"


NAMED = [one for one in mutations.MUTATIONS if not one.name.startswith("damage")]
METHODS = ("chain", "sda", "dda", "fdda", "cda")


def with_fault(mutation: Mutation, family: str, methods: Sequence[str]) -> Case | None:
    """A set of this family with the fault, by the first method that it fits; None: by none."""
    for number in range(20 * len(methods)):
        method = methods[number // 20]
        plan = draw(random.Random(f"{mutation.name}/{number}"), family, method)
        if mutation.fits(plan):
            expected = mutation.apply(plan)
            return Case(build(plan), mutation.name, expected)
    return None


@pytest.mark.parametrize("family", ["rsa", "sm2"])
def test_every_named_fault(family: str) -> None:
    """Each fault that a set can be made with, and the rule that it breaks."""
    orders = (METHODS[::-1], ("fdda",))  # the number is judged by a switch in fDDA, else by a rule
    tried = [
        with_fault(one, family, methods)
        for methods in orders
        for one in NAMED
        if methods == METHODS[::-1] or one.name.startswith("number")
    ]
    made = [case for case in tried if case is not None]
    wrong = []
    for case in made:
        answer = ask(case)
        if not answer.same or case.expected not in (ANY, answer.oracle):
            wrong.append(f"{case.mutation}: {case.expected}, {answer}")
    assert not wrong, "\n".join(wrong)
    assert len(made) > 60


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [vectors.rsa_set, vectors.sm_set])
def test_kernel_verifies_the_vectors(make: Any, method: str) -> None:
    verdict = oda.verify(make(method))
    assert (verdict.verified, verdict.failed_rule) == (True, None)


def test_allowed_differences_have_a_reason() -> None:
    for pair, reason in ALLOWED.items():
        assert len(pair) == 2 and OK not in pair and pair[0] != pair[1] and len(reason) > 20
