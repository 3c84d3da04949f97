"""Identifiers that look like Autumn's and Stripe's, the same in every run of the same seed."""

import random
import string

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LETTERS = bytes(ord(_BASE62[byte % len(_BASE62)]) for byte in range(256))


class Ids:
    def __init__(self, seed: str = "") -> None:
        self._random = random.Random(f"ids:{seed}")
        self._made = 0

    def autumn(self, prefix: str) -> str:
        """`prefix_` and 27 letters and digits, which sort in the order in which they were made."""
        self._made += 1
        return f"{prefix}_3M{_base62(self._made, 5)}{self._text(20)}"

    def stripe(self, prefix: str) -> str:
        """`prefix_` and 16 letters and digits."""
        return f"{prefix}_{self._text(16)}"

    def _text(self, length: int) -> str:
        return self._random.randbytes(length).translate(_LETTERS).decode()


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text
