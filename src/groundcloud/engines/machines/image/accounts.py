"""Users in the files of a tree, so that no program of a tree from elsewhere needs to run. Pure but for `add_users`.

Source: passwd(5), group(5), shadow(5), gshadow(5).
"""

import os
import shutil
from pathlib import Path

_FIRST = 1000
_DAY = 19723
"""The day of the last change of passwords that nobody has: the first of 2024."""


def add_users(tree: Path, names: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Users with homes and without passwords, in the groups that the tree has. Those that are there stay."""
    for name in names:
        known = _lines(tree, "passwd")
        if name in _names(known):
            continue
        number = free_number([*known, *_lines(tree, "group")])
        group = next((int(line.split(":")[2]) for line in _lines(tree, "group") if line.split(":")[0] == name), 0)
        if not group:
            group = number
            _append(tree, "group", f"{name}:x:{group}:", 0o644)
            _append(tree, "gshadow", f"{name}:!::", 0o640)
        _append(tree, "passwd", f"{name}:x:{number}:{group}::/home/{name}:/bin/bash", 0o644)
        _append(tree, "shadow", f"{name}:!:{_DAY}:0:99999:7:::", 0o640)
        for file, place in (("group", 3), ("gshadow", 3)):
            joined = [with_member(line, name, place) if line.split(":")[0] in groups else line
                      for line in _lines(tree, file)]  # fmt: skip
            _write(tree, file, joined)
        _make_home(tree, name, number, group)


def free_number(lines: list[str]) -> int:
    """The next number that no user and no group of a system has."""
    taken = {
        int(fields[2]) for fields in (line.split(":") for line in lines) if len(fields) > 2 and fields[2].isdigit()
    }
    number = _FIRST
    while number in taken:
        number += 1
    return number


def with_member(line: str, name: str, place: int) -> str:
    """A line of group or gshadow with one more member."""
    fields = line.split(":")
    members = [each for each in fields[place].split(",") if each]
    fields[place] = ",".join([*members, *([] if name in members else [name])])
    return ":".join(fields)


def _names(lines: list[str]) -> set[str]:
    return {line.split(":")[0] for line in lines}


def _lines(tree: Path, file: str) -> list[str]:
    path = tree / "etc" / file
    return path.read_text().splitlines() if path.exists() else []


def _append(tree: Path, file: str, line: str, mode: int) -> None:
    made = not (tree / "etc" / file).exists()
    _write(tree, file, [*_lines(tree, file), line])
    if made:
        (tree / "etc" / file).chmod(mode)


def _write(tree: Path, file: str, lines: list[str]) -> None:
    if lines:
        (tree / "etc" / file).write_text("\n".join(lines) + "\n")


def _make_home(tree: Path, name: str, number: int, group: int) -> None:
    home = tree / "home" / name
    home.parent.mkdir(exist_ok=True)
    if (tree / "etc/skel").is_dir():
        shutil.copytree(tree / "etc/skel", home, symlinks=True)
    else:
        home.mkdir()
    home.chmod(0o755)
    for top, _, files in os.walk(home):
        for path in (top, *(f"{top}/{file}" for file in files)):
            os.chown(path, number, group, follow_symlinks=False)
