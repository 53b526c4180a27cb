import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.cli.lab import folder, read
from groundcloud.cli.lab_text import BadLab, Command, difference, matches, parse

TEXT = """# A title

What it is about.

## First

Words.

```shell
echo a
```
```output
a
```

## Second

```json
{}
```
```shell
false
```
```output fails
...
```
Behind.
"""


def test_a_lab_is_its_steps_with_their_words_and_commands():
    lab = parse("demo", TEXT)
    assert (lab.name, lab.title, lab.summary) == ("demo", "A title", "What it is about.")
    first, second = lab.steps
    assert first.parts == ["Words.", Command("echo a\n", 9, "a\n")]
    assert second.parts == ["```json\n{}\n```", Command("false\n", 21, "...\n", fails=True), "Behind."]
    assert [command.script for command in lab.commands()] == ["echo a\n", "false\n"]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "# Title only",
        "## Step\n",
        "# T\n```shell\nx\n```\n## S\n",
        "# T\n## S\n```output\nx\n```\n",
        "# T\n## S\n```shell\nx\n",
    ],
)
def test_a_text_that_is_no_lab_is_refused(wrong):
    with pytest.raises(BadLab):
        parse("demo", wrong)


@pytest.mark.parametrize(
    ("expected", "output", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a", "a\nb", False),
        ("...", "", True),
        ("a\n...", "a", True),
        ("...\nend", "x\ny\nend", True),
        ("...\nend", "x\nend\ny", False),
        ("x ... z", "x y z", True),
        ("x ... z", "x y", False),
        ("a\n...\nb\n...\nc", "a\nb\n1\n2\nc", True),
        ("a.b", "axb", False),
    ],
)
def test_three_dots_stand_for_any_text_and_any_lines(expected, output, same):
    assert matches(expected, output) is same


@given(
    st.lists(st.sampled_from(["a", "b", "...", "a...b", ""]), max_size=6), st.lists(st.sampled_from("abc"), max_size=6)
)
def test_any_output_can_be_compared(expected, output):
    assert matches("\n".join(expected), "\n".join(output)) in (True, False)


def test_a_difference_says_what_was_expected():
    assert difference(Command("x", 1, "a\n"), "a\n", 0) is None
    assert difference(Command("x", 1), "", 3) == "It ended with code 3."
    assert "should have failed" in str(difference(Command("x", 1, fails=True), "", 0))
    assert difference(Command("x", 1, "a\n"), "b\n", 0) == "Expected:\na"


def test_every_lab_of_this_project_can_be_read():
    labs = [read(path) for path in folder().glob("*.md") if path.stem != "README"]
    assert labs
    assert all(list(lab.commands()) for lab in labs)
