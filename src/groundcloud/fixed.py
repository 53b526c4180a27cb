"""Parts of answers that are made once and shown again and again."""

from typing import Any


class Fixed(dict[str, Any]):
    """Members that never change once they are made: whoever writes an answer may keep their written form for good.

    For constants and for cached values of a small set, never for what a request brings.
    """
