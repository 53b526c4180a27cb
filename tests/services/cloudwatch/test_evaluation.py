"""The tables of "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide. The newest data
point is on the right; `0` is within the threshold, `X` breaches it, `-` is missing. `keep` means that the state
stays."""

import pytest

from groundcloud.services.cloudwatch.evaluation import Rule, evaluate

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
THREE_OF_THREE = [
    ("0 - X - X", "OK OK OK OK"),
    ("0 - - - -", "OK OK OK OK"),
    ("- - - - -", "INSUFFICIENT_DATA keep ALARM OK"),
    ("0 X X - X", "ALARM ALARM ALARM ALARM"),
    ("- - X - -", "ALARM keep ALARM OK"),
    ("- - - - X", "INSUFFICIENT_DATA keep ALARM OK"),
    ("- - - X -", "INSUFFICIENT_DATA keep ALARM OK"),
    ("X - - - -", "ALARM keep ALARM OK"),
    ("- - - X 0", "OK OK OK OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM ALARM ALARM ALARM"),
    ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
    ("0 - X - -", "OK OK ALARM OK"),
    ("- - - - 0", "OK OK ALARM OK"),
    ("- - - - X", "INSUFFICIENT_DATA keep ALARM OK"),
    ("- - - X -", "ALARM keep ALARM OK"),
]


def cases(needed: int, table: list[tuple[str, str]]):
    for points, states in table:
        for treatment, state in zip(TREATMENTS, states.split(), strict=True):
            yield pytest.param(needed, points, treatment, state, id=f"{needed} of 3, {points}, {treatment}")


@pytest.mark.parametrize(
    ("needed", "points", "treatment", "state"), [*cases(3, THREE_OF_THREE), *cases(2, TWO_OF_THREE)]
)
def test_missing_data_are_treated_as_the_tables_say(needed: int, points: str, treatment: str, state: str):
    known = {"0": False, "X": True, "-": None}
    verdict = evaluate(Rule(3, needed, treatment), [known[point] for point in points.split()])
    assert verdict.state == (None if state == "keep" else state)


def test_the_newest_data_points_decide_where_there_are_enough():
    assert evaluate(Rule(2, 2), [True, True, False, False]).state == "OK"
    assert evaluate(Rule(2, 2), [False, False, True, True]).state == "ALARM"


def test_what_lies_before_the_range_does_not_count():
    assert evaluate(Rule(1, 1), [True, None, None, None]).state == "INSUFFICIENT_DATA"


def test_a_verdict_tells_which_points_were_used_and_how_many_were_filled_in():
    verdict = evaluate(Rule(3, 3, "breaching"), [None, None, None, True, None])
    assert (verdict.used, verdict.breaching, verdict.filled) == ((3,), 1, 2)
