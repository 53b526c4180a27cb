import inspect
from typing import TypedDict, Unpack

import pytest

from groundcloud.parameters import REQUIRED, Parameter, parameters


class Headers(TypedDict, total=False):
    content_type: str | None


class More(Headers, total=False):
    tags: list[str]


def test_the_members_of_a_dictionary_behind_two_stars_are_parameters_that_may_be_absent():
    def put(ctx: object, key: str, size: int = 3, **given: Unpack[More]) -> None: ...

    assert parameters(put) == {
        "key": Parameter(str, REQUIRED),
        "size": Parameter(int, 3),
        "content_type": Parameter(str | None, None),
        "tags": Parameter(list[str], None),
    }
    assert REQUIRED is inspect.Parameter.empty


def test_two_stars_must_say_what_they_take():
    def put(ctx: object, **given: str) -> None: ...

    with pytest.raises(TypeError, match="put takes \\*\\*given of no TypedDict"):
        parameters(put)
