"""A kernel under test that does what its argument says; see test_foreign.py."""

import json
import os
import sys
import time

WAY = sys.argv[1]
HELLO = {
    "protocol": 1,
    "kernel": "stub",
    "version": "1",
    "identity": f"{WAY} {os.getpid()}" if WAY == "changes" else WAY,
    "tells": ["outcome", "reason"],
}


def say(line: object) -> None:
    print(line if isinstance(line, str) else json.dumps(line), flush=True)


def ask(line: object) -> dict[str, object]:
    say(line)
    return json.loads(sys.stdin.readline())


def tap() -> None:
    assert ask({"detect": {}})["event"] == "card"
    match WAY:
        case "hangs":
            time.sleep(60)
        case "changes":
            os._exit(0)
        case "dies":
            print("Segmentation fault, so to say", file=sys.stderr)
            os._exit(3)
        case "rubbish":
            say("Hello! How can I help you today?")
            sys.stdin.readline()
        case "list":
            ask([1])
        case "two":
            ask({"detect": {}, "transmit": "00A4040000"})
        case "unknown":
            ask({"dance": 1})
        case "endless":
            while True:
                ask({"field_off": 0})
        case "waits":
            while True:
                ask({"detect": {}})
        case "no-hex":
            ask({"transmit": "00A4zz"})
        case "short":
            ask({"transmit": "00"})
        case "no-outcome":
            ask({"outcome": {"reason": "none"}})
        case "odd-list":
            ask({"outcome": {"outcome": "declined", "field55": 7}})
        case "lookup":
            ask({"lookup": "6200"})
        case "long":
            say("x" * (3 << 20))
            sys.stdin.readline()
        case "chatty":
            say('{"show": "present_card"}\n{"show": "present_card"}')
            sys.stdin.readline()
        case "raises":
            raise ZeroDivisionError("inside of the stub")
    answer = ask({"transmit": "00A404000E325041592E5359532E444446303100"})
    assert answer["event"] == "answer" and str(answer["data"]).endswith("9000")
    assert ask({"show": "approved"})["event"] == "done"
    assert ask({"lookup": {"pan": "62", "sequence": None}})["event"] == "unsupported"
    assert ask({"store": None})["event"] == "done"
    say({"outcome": {"outcome": "approved", "reason": "approved_offline"}})


if WAY == "mute":
    time.sleep(60)
for text in sys.stdin:
    line = json.loads(text)
    if "hello" in line:
        if WAY == "old":
            say({"hello": {"protocol": 0}})
        elif WAY == "secret":
            say({"hello": {**HELLO, "tells": ["reason"]}})
        elif WAY == "exits":
            sys.exit(1)
        else:
            say({"hello": HELLO})
    elif WAY == "refuses":
        say({"refused": "not today"})
    else:
        tap()
