"""What the command line prints: answers on standard output, everything else on standard error."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

NOT_RUNNING = 3


class Failure(Exception):
    """The command did not do what it was asked: why, and what to type next (`{cli}` is this program)."""

    def __init__(self, message: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = with_name(hint)
        self.code = code


def with_name(text: str) -> str:
    """A text with the name by which this program was called."""
    return text.replace("{cli}", os.environ.get("GROUNDCLOUD_CALLED_AS") or "groundcloud")


def fail(failure: Failure, as_json: bool) -> int:
    """Report a failure; its exit code."""
    if as_json:
        print(json.dumps({"error": failure.message, "hint": failure.hint}), file=sys.stderr)
    else:
        say(failure.message, *([failure.hint] if failure.hint else []))
    return failure.code


def say(*lines: str) -> None:
    """Tell the person at the terminal."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    say(f"Warning: {with_name(text)}")


def answer(value: Any, as_json: bool, lines: Sequence[str]) -> None:
    """Print the answer, for a program that waits for it, too: one JSON value, or lines for people."""
    if as_json:
        print(json.dumps(value), flush=True)
    elif lines:
        print("\n".join(map(with_name, lines)), flush=True)


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows with their columns under one another."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
