"""A card in the virtual PC/SC reader, made to misbehave: python card_process.py PORT [options].

Without --card it answers every command with 9000. It can leave, or fall silent, after a number of
commands. The protocol: each side sends a length (2 bytes, big endian) and that many bytes; one byte
is a control (0 power off, 1 power on, 2 reset, 4 ATR wanted), anything longer a command.
"""

from __future__ import annotations

import argparse
import socket
import time
from collections.abc import Callable

ATR = bytes.fromhex("3B80800101")  # T=1, no historical bytes
WANTS_ATR = 4


def receive(reader: socket.socket, length: int) -> bytes:
    """Exactly length bytes; EOFError when the reader closes."""
    data = b""
    while len(data) < length:
        # The reader sends length and body apart: without this each waits for a delayed ACK (40 ms).
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        more = reader.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def serve(
    reader: socket.socket, answer: Callable[[bytes], bytes], args: argparse.Namespace
) -> None:
    commands = 0
    while True:
        message = receive(reader, int.from_bytes(receive(reader, 2), "big"))
        if message == bytes([WANTS_ATR]):
            reader.sendall(len(ATR).to_bytes(2, "big") + ATR)
        if len(message) < 2:
            continue
        if commands == args.leave_after:
            return
        if commands == args.mute_after:
            time.sleep(args.mute_seconds)
            return
        commands += 1
        data = answer(message)
        reader.sendall(len(data).to_bytes(2, "big") + data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--card", help="a simulated card instead of 9000")
    parser.add_argument("--answer", default="9000", help="what to answer without --card, in hex")
    parser.add_argument("--leave-after", type=int, metavar="N", help="leave at command N + 1")
    parser.add_argument("--mute-after", type=int, metavar="N", help="be silent at command N + 1")
    parser.add_argument("--mute-seconds", type=float, default=60, help="and leave after this time")
    args = parser.parse_args()
    if args.card:
        from tapkern.card import Card

        answer = Card.load(args.card).transmit
    else:
        fixed = bytes.fromhex(args.answer)

        def answer(command: bytes) -> bytes:
            return fixed

    with socket.create_connection(("127.0.0.1", args.port)) as reader:
        try:
            serve(reader, answer, args)
        except (EOFError, ConnectionError):
            return


if __name__ == "__main__":
    main()
