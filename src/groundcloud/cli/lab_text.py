"""Labs as they are written: Markdown whose shell blocks are commands and whose output blocks say what must come out.

    ## A step
    Why it is done.

    ```shell
    aws sts get-caller-identity --query Account --output text
    ```
    ```output
    ...
    ```

`## ` begins a step. An `output` block belongs to the `shell` block before it; `output fails` says that the command must
fail. In an expected line `...` stands for any text, and a line of `...` alone for any lines. Pure: nothing is run here.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Command(NamedTuple):
    """A shell block, and what is expected of it."""

    script: str
    line: int
    expected: str | None = None
    fails: bool = False


class Step(NamedTuple):
    """A section: explanations and commands, in their order."""

    title: str
    parts: list[str | Command]


class Lab(NamedTuple):
    """A lab: its title, the text before the first step, and the steps."""

    name: str
    title: str
    summary: str
    steps: list[Step]

    @property
    def machines(self) -> bool:
        """Whether it needs a cloud that runs machines: what it says it needs says so."""
        return "a cloud that runs machines" in self.summary

    def commands(self) -> Iterator[Command]:
        for step in self.steps:
            for part in step.parts:
                if isinstance(part, Command):
                    yield part


class BadLab(Exception):
    """The text is no lab; it says why and where."""


class _Block(NamedTuple):
    """A fenced block (`info` is what stands behind the fence), a heading, or a run of text."""

    kind: str
    info: str
    text: str
    line: int


def parse(name: str, text: str) -> Lab:
    """Raises `BadLab`."""
    title, summary = "", ""
    steps: list[Step] = []
    for block in _blocks(name, text):
        if block.kind == "heading" and block.info == "#":
            title = block.text
        elif block.kind == "heading" and block.info == "##":
            steps.append(Step(block.text, []))
        elif not steps:
            if block.kind != "text":
                raise BadLab(f"{name}.md:{block.line}: a command must be in a step")
            summary += block.text
        else:
            _add(name, steps[-1].parts, block)
    if not title or not steps:
        raise BadLab(f"{name}.md: a lab has a title (# ) and steps (## )")
    return Lab(name, title, summary.strip(), steps)


def _add(name: str, parts: list[str | Command], block: _Block) -> None:
    words = block.info.split()
    if block.kind == "text":
        parts.append(block.text.strip())
    elif block.kind == "heading":
        parts.append(f"{block.info} {block.text}")
    elif words[:1] == ["shell"]:
        parts.append(Command(block.text, block.line))
    elif words[:1] == ["output"]:
        last = parts[-1] if parts else None
        if not isinstance(last, Command) or last.expected is not None:
            raise BadLab(f"{name}.md:{block.line}: output without a command before it")
        parts[-1] = last._replace(expected=block.text, fails=words[1:] == ["fails"])
    else:
        parts.append(f"```{block.info}\n{block.text}```")


def _blocks(name: str, text: str) -> Iterator[_Block]:
    held: list[str] = []
    fence: tuple[str, int] | None = None
    for number, line in enumerate([*text.splitlines(), ""], 1):
        heading = re.fullmatch(r"(#{1,6}) +(.+)", line) if fence is None else None
        mark = line.startswith("```")
        if not heading and not mark:
            held.append(line)
            continue
        body, held = "".join(f"{one}\n" for one in held), []
        if fence is not None:
            yield _Block("fence", fence[0], body, fence[1])
        elif body.strip():
            yield _Block("text", "", body, number)
        if heading:
            yield _Block("heading", heading[1], heading[2], number)
        if mark:
            fence = (line[3:].strip(), number) if fence is None else None
    if fence is not None:
        raise BadLab(f"{name}.md:{fence[1]}: a block does not end")
    rest = "".join(f"{one}\n" for one in held)
    if rest.strip():
        yield _Block("text", "", rest, 0)


# -- what came out


def difference(command: Command, output: str, code: int) -> str | None:
    """What is not as it was expected; None when all is."""
    if (code != 0) is not command.fails:
        return f"It ended with code {code}{' and should have failed' if command.fails else ''}."
    if command.expected is not None and not matches(command.expected, output):
        return f"Expected:\n{command.expected.rstrip()}"
    return None


def matches(expected: str, output: str) -> bool:
    """Whether an output is what a block says. Space at the ends of lines and of the whole does not count."""
    return _matched([line.rstrip() for line in expected.strip().splitlines()], _lines(output.strip().splitlines()))


def _lines(lines: Iterable[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _matched(wanted: list[str], found: list[str]) -> bool:
    """Each line of `...` may take any number of lines; the places that can be reached are followed one by one."""
    places = {0}
    for line in wanted:
        if line.strip() == "...":
            places = set(range(min(places), len(found) + 1)) if places else set()
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        places = {place + 1 for place in places if place < len(found) and pattern.fullmatch(found[place])}
    return len(found) in places
