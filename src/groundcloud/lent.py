"""Large buffers that are used again: to make a new one, and have the kernel clear it, costs as much as filling it."""

_SIZE = 9 << 17
_MOST_FREE = 4
_free: list["Lent"] = []


class Lent(bytearray):
    """A buffer that goes back to where it came from once its bytes have been sent. Who takes it may also forget it."""


def take(size: int) -> memoryview:
    """Room for so many bytes, which are not zero; of a `Lent` if they are many."""
    if not _SIZE // 8 < size <= _SIZE:
        return memoryview(bytearray(size))
    try:
        found = _free.pop()
    except IndexError:
        found = Lent(_SIZE)
    return memoryview(found)[:size]


def give_back(view: object) -> None:
    """Nobody looks at this any more; it may be another's now. What was not lent is left alone."""
    if not isinstance(view, memoryview) or type(view.obj) is not Lent or len(_free) >= _MOST_FREE:
        return
    if not any(each is view.obj for each in _free):  # never two borrowers of one buffer
        _free.append(view.obj)
