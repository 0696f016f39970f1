"""A kernel under test: `tapkern replay vectors/ --kernel "python examples/kernel_under_test.py"`.

It speaks the protocol of docs/lab.md and is no kernel: it waits for a card, selects the PPSE and
the first application that the card names, and ends there. Put your kernel where `tap` is.
"""

import json
import sys


def say(line):
    """A line to the runner."""
    print(json.dumps(line), flush=True)


def ask(line):
    """A question to the runner; its answer."""
    say(line)
    return json.loads(sys.stdin.readline())


def select(name):
    """SELECT by name: the answer of the card, None when it has gone."""
    answer = ask({"transmit": f"00A40400{len(name) // 2:02X}{name}00"})
    return bytes.fromhex(answer["data"]) if answer["event"] == "answer" else None


def ended(outcome, reason):
    """An outcome of words that this kernel tells."""
    return {"outcome": {"outcome": outcome, "reason": reason}}


def tap(begin):
    """One tap; begin holds `terminal`, `transaction`, `unpredictable`, `now_ms` and `torn`."""
    ask({"show": "present_card"})
    found = ask({"detect": {}})["event"]
    while found == "collision":
        found = ask({"detect": {}})["event"]
    if found != "card":
        return ended("end_application", "no_card")
    ppse = select("325041592E5359532E4444463031")
    if ppse is None:
        return ended("try_again", "card_lost")
    at = ppse.find(b"\x4f")  # a kernel reads TLV; the first 4F is enough to show the way
    if at < 0 or not ppse.endswith(b"\x90\x00"):
        return ended("end_application", "empty_candidate_list")
    fci = select(ppse[at + 2 : at + 2 + ppse[at + 1]].hex().upper())
    ask({"field_off": 0})
    return ended("try_again", "card_lost") if fci is None else ended("declined", "card_declined")


TELLS = ["outcome", "reason", "ui"]
HELLO = {"protocol": 1, "kernel": "example", "version": "1.0", "identity": "none", "tells": TELLS}

for text in sys.stdin:
    line = json.loads(text)
    if "hello" in line:
        say({"hello": HELLO})
    else:  # there is no {"host": ...}: this kernel never asks for one
        say(tap(line["begin"]))
