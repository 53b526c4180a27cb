"""Buffers that are used again have one borrower at a time."""

from groundcloud import lent

SIZE = 1 << 20


def test_a_buffer_that_was_given_back_is_lent_again():
    first = lent.take(SIZE)
    owner = first.obj
    lent.give_back(first)
    assert lent.take(SIZE).obj is owner


def test_a_buffer_that_is_given_back_twice_is_lent_once():
    first = lent.take(SIZE)
    lent.give_back(first)
    lent.give_back(first[: SIZE // 2])
    assert lent.take(SIZE).obj is not lent.take(SIZE).obj


def test_what_was_not_lent_is_left_alone():
    own = memoryview(bytearray(SIZE))
    lent.give_back(own)
    lent.give_back(b"bytes")
    assert lent.take(SIZE).obj is not own.obj


def test_small_room_is_new_and_empty():
    assert bytes(lent.take(100)) == bytes(100)
