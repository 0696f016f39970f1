"""Draw the step machine (kernel_c/states.def): docs/states.svg, and the table in docs/firmware.md.

    python tools/draw_states.py            write what is stale
    python tools/draw_states.py --check    write nothing, exit 1 when a file is stale

Output depends on the input alone. The picture is one column of states: a step to the next row is
an arrow down, a leap forward an arc on the right, a way back an arc on the left. Followers that
many states share are a dot or a ring instead of arcs.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
STATES_DEF = ROOT / "kernel_c" / "states.def"
PICTURE = ROOT / "docs" / "states.svg"
GUIDE = ROOT / "docs" / "firmware.md"
BEGIN, END = "<!-- states: tools/draw_states.py -->", "<!-- states: end -->"

ROW, TOP = 42, 78  # pixels from row to row, and above the first
BOX_X, BOX_W, BOX_H = 176, 236, 28
LANE = 13  # pixels between arcs
TEXT_X = 520  # the events
WIDTH = 760

_STATE = re.compile(r"TAPK_STATE\((\d+),\s*(\w+),\s*(\w+),\s*([^,]+),\s*([^,]+)\)\n")
_NAME = re.compile(r"\b[ES]\((\w+)\)")

STYLE = """\
    .paper { fill: #ffffff; stroke: #d0d7de }
    text { fill: #1f2328 }
    .soft { fill: #59636e }
    .box { fill: #f6f8fa; stroke: #8c959f }
    .TRANSMIT { fill: #ddf4ff; stroke: #54aeff }
    .SHOW { fill: #fff8c5; stroke: #d4a72c }
    .OUTCOME { fill: #dafbe1; stroke: #4ac26b }
    .edge { stroke: #59636e; stroke-width: 1.3; fill: none; marker-end: url(#tip) }
    .tip, .dot { fill: #59636e }
    .ring { stroke: #59636e; stroke-width: 1.5; fill: none }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .soft { fill: #9198a1 }
      .box { fill: #151b23; stroke: #656c76 }
      .TRANSMIT { fill: #0c2d6b; stroke: #388bfd }
      .SHOW { fill: #3b2300; stroke: #9e6a03 }
      .OUTCOME { fill: #04260f; stroke: #2ea043 }
      .edge { stroke: #9198a1 }
      .tip, .dot { fill: #9198a1 }
      .ring { stroke: #9198a1 }
    }"""


@dataclass(frozen=True, slots=True)
class State:
    """One line of states.def. step is "NONE" before tapk_begin."""

    number: int
    name: str
    step: str
    events: tuple[str, ...]
    followers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arc:
    """A leap between two rows and the lane it runs in, 0 next to the boxes."""

    start: int
    end: int
    lane: int


def parse(text: str) -> tuple[State, ...]:
    """The states of a states.def. Errors: ValueError when a follower is no state."""
    body = text.partition("*/")[2]
    states = tuple(
        State(
            int(number), name, step, tuple(_NAME.findall(events)), tuple(_NAME.findall(followers))
        )
        for number, name, step, events, followers in _STATE.findall(body)
    )
    names = {state.name for state in states}
    for state in states:
        if unknown := set(state.followers) - names:
            raise ValueError(f"{state.name} is followed by {min(unknown)}, which is no state")
    if len(states) != body.count("TAPK_STATE("):
        raise ValueError("not every TAPK_STATE could be read")
    return states


def rows(states: Sequence[State]) -> list[State]:
    """The order of the rows: a state stands below those that lead to it, ways back apart; the end
    is last."""
    by_name = {state.name: state for state in states}
    ends = endings(states)
    done: list[State] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        followers = by_name[name].followers
        for follower in [f for f in reversed(followers) if f not in ends]:
            visit(follower)
        for follower in [f for f in followers if f in ends]:
            visit(follower)
        done.append(by_name[name])

    for state in states:
        visit(state.name)
    return sorted(done[::-1], key=lambda state: not state.followers)


def endings(states: Sequence[State]) -> tuple[str, ...]:
    """Followers that more than a third of the states have, the most frequent first."""
    count = Counter(follower for state in states for follower in state.followers)
    return tuple(name for name, number in count.most_common() if 3 * number > len(states))


def arcs(leaps: Iterable[tuple[int, int]]) -> list[Arc]:
    """Lanes for leaps, short ones inside; two leaps share a lane only where they do not meet."""
    lanes: list[list[tuple[int, int]]] = []
    found = []
    for start, end in sorted(leaps, key=lambda leap: (abs(leap[0] - leap[1]), leap)):
        low, high = min(start, end), max(start, end)
        lane = 0
        while lane < len(lanes) and any(
            low <= bottom and top <= high for top, bottom in lanes[lane]
        ):
            lane += 1
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((low, high))
        found.append(Arc(start, end, lane))
    return found


def _path(arc: Arc, side: int) -> str:
    """An arc on the right (side 1) or left (side -1) of the boxes."""
    x = BOX_X + BOX_W if side > 0 else BOX_X
    start = TOP + ROW * arc.start + 6
    end = TOP + ROW * arc.end - 6
    if arc.start == arc.end:
        start, end = end, start
    out = x + side * (20 + LANE * arc.lane)
    turn = 6 if end > start else -6
    return (
        f'  <path class="edge" d="M{x} {start}H{out - side * 6}Q{out} {start} {out} {start + turn}'
        f'V{end - turn}Q{out} {end} {out - side * 6} {end}H{x + side * 2}"/>'
    )


def _sign(number: int, x: int, y: int) -> str:
    """What stands for an ending: a dot, for all others a ring."""
    return f'  <circle class="{"ring" if number else "dot"}" cx="{x}" cy="{y}" r="4"/>'


def _box(state: State, row: int, ends: Sequence[str]) -> list[str]:
    y = TOP + ROW * row
    kind = f"box {state.step}" if state.step != "NONE" else "box"
    step = "before tapk_begin" if state.step == "NONE" else state.step
    lines = [
        f'  <rect class="{kind}" x="{BOX_X}" y="{y - BOX_H // 2}" width="{BOX_W}"'
        f' height="{BOX_H}" rx="5"/>',
        f'  <text x="{BOX_X + 12}" y="{y + 4}" font-weight="600">{state.name}</text>',
        f'  <text class="soft" x="{BOX_X + BOX_W - 12 - 14 * len(ends)}" y="{y + 4}"'
        f' text-anchor="end">{escape(step)}</text>',
        f'  <text class="soft" x="{TEXT_X}" y="{y + 4}">{" ".join(state.events)}</text>',
    ]
    for number, name in enumerate(ends):
        if name in state.followers:
            lines.append(_sign(number, BOX_X + BOX_W - 12 - 14 * number, y))
    return lines


def _leaps(
    order: Sequence[State], ends: Sequence[str]
) -> tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]]:
    """Rows with an arrow to the next one, leaps forward, ways back."""
    at = {state.name: row for row, state in enumerate(order)}
    down, forward, back = [], [], []
    for row, state in enumerate(order):
        drawn = set(state.followers) - set(ends)
        for follower in sorted(drawn, key=at.__getitem__):
            if at[follower] == row + 1:
                down.append(row)
            elif at[follower] > row:
                forward.append((row, at[follower]))
            else:
                back.append((row, at[follower]))
    return down, forward, back


def picture(states: Sequence[State]) -> str:
    """docs/states.svg."""
    order = rows(states)
    ends = endings(states)
    down, forward, back = _leaps(order, ends)
    height = TOP + ROW * len(order) + 18
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-labelledby="title what"',
        "     font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\""
        ' font-size="12">',
        "  <!-- Generated from kernel_c/states.def by tools/draw_states.py. Do not edit. -->",
        '  <title id="title">The step machine</title>',
        '  <desc id="what">States of the kernel with the step that each one asks for, the events'
        " that answer it and the states that may follow. The table in firmware.md says the same."
        "</desc>",
        "  <style>",
        STYLE,
        "  </style>",
        '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path class="tip" d="M0 0.8 7.5 4 0 7.2z"/></marker>'
        "</defs>",
        f'  <rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'  <text class="soft" x="{BOX_X + 12}" y="28">state</text>',
        f'  <text class="soft" x="{BOX_X + BOX_W - 12}" y="28" text-anchor="end">step</text>',
        f'  <text class="soft" x="{TEXT_X}" y="28">events (and UNSUPPORTED)</text>',
    ]
    x = BOX_X + 16
    for number, name in enumerate(ends):
        lines.append(_sign(number, x, 44))
        lines.append(f'  <text class="soft" x="{x + 12}" y="48">to {escape(name)}</text>')
        x += 60 + 8 * len(name)
    for row in down:
        x, y = BOX_X + BOX_W // 2, TOP + ROW * row
        lines.append(f'  <path class="edge" d="M{x} {y + BOX_H // 2}V{y + ROW - BOX_H // 2 - 1}"/>')
    lines += [_path(arc, 1) for arc in arcs(forward)]
    lines += [_path(arc, -1) for arc in arcs(back)]
    for row, state in enumerate(order):
        lines += _box(state, row, ends)
    return "\n".join([*lines, "</svg>", ""])


def table(states: Sequence[State]) -> str:
    """The table of docs/firmware.md."""
    lines = ["| state | step | events | what may follow |", "| --- | --- | --- | --- |"]
    for state in states:
        step = "–" if state.step == "NONE" else state.step
        events = " ".join(state.events) or "–"
        lines.append(f"| {state.name} | {step} | {events} | {' '.join(state.followers)} |")
    return "\n".join(lines) + "\n"


def guide(text: str, states: Sequence[State]) -> str:
    """The text of docs/firmware.md with the table of these states. Errors: ValueError."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{GUIDE.name} must hold {BEGIN} and {END} once")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table(states)}{END}{rest.split(END)[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    args = parser.parse_args()
    states = parse(STATES_DEF.read_text(encoding="utf-8"))
    stale = 0
    for path, text in (
        (PICTURE, picture(states)),
        (GUIDE, guide(GUIDE.read_text(encoding="utf-8"), states)),
    ):
        if path.exists() and path.read_bytes() == text.encode():
            continue
        stale += 1
        name = path.relative_to(ROOT)
        if args.check:
            print(f"{name} is stale: run python tools/draw_states.py", file=sys.stderr)
        else:
            path.write_bytes(text.encode())
            print(f"wrote {name}")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
