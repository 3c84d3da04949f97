"""Numbers as people type them."""

import re
from decimal import Decimal

from bot.changes.model import NoteCode

MOST = Decimal(10) ** 12
DECIMALS = 6
_DIGITS = 15
"""What Autumn's numbers hold without loss."""

_TIMES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "bn": 10**9}
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f_]+")
_MINUS = str.maketrans("\u2212\u2013", "--")
_TYPED = re.compile(r"([+-]?) ?([0-9][0-9., ]*|\.[0-9]+) ?([a-z]*)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([, ])[0-9]{3})(?:\1[0-9]{3})*(\.[0-9]+)?")
_PLAIN = re.compile(r"[0-9]*\.?[0-9]*")
_LIKE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class NotAnAmount(ValueError):
    """The text is no amount that can be taken; `code` says why."""

    def __init__(self, code: NoteCode) -> None:
        super().__init__(code.value)
        self.code = code


def parse_amount(text: str) -> Decimal:
    """`1,000` `1 000` `1k` `2.5m` `-40`. Raises NotAnAmount, a ValueError.

    What could be read in two ways is not guessed: `1.000` and `1,5` mean different things to different
    people.
    """
    tidy = _SPACES.sub(" ", text.translate(_MINUS)).strip().lower()
    if not tidy:
        raise NotAnAmount(NoteCode.NO_AMOUNT)
    typed = _TYPED.fullmatch(tidy)
    if typed is None or typed[3] not in _TIMES:
        raise NotAnAmount(NoteCode.NOT_A_NUMBER)
    amount = _digits(typed[2].strip()) * _TIMES[typed[3]] * (-1 if typed[1] == "-" else 1)
    if (problem := size_problem(amount)) is not None:
        raise NotAnAmount(problem)
    return amount


def size_problem(amount: Decimal) -> NoteCode | None:
    """Why an amount is not taken for its size or its fraction."""
    if not amount.is_finite():
        return NoteCode.NOT_A_NUMBER
    if abs(amount) > MOST:
        return NoteCode.TOO_LARGE
    shown = amount.normalize()
    exponent = shown.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if decimals > DECIMALS or max(shown.adjusted(), 0) + 1 + decimals > _DIGITS:
        return NoteCode.TOO_MANY_DECIMALS
    return None


def _digits(text: str) -> Decimal:
    if _LIKE_THOUSANDS.fullmatch(text):
        raise NotAnAmount(NoteCode.SEPARATORS)
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "").replace(" ", ""))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    raise NotAnAmount(NoteCode.SEPARATORS)
