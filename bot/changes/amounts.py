"""Amounts as people type them."""

import re
from decimal import Decimal

from bot.changes import canonical
from bot.changes.notes import Note, NoteCode

MOST = Decimal(10) ** 12
DECIMALS = 6
_DIGITS = 15
"""Digits that Autumn's floats represent exactly."""

_TIMES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "bn": 10**9}
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f_]+")
_MINUS = str.maketrans("\u2212\u2013", "--")
_TYPED = re.compile(r"([+-]?) ?([0-9][0-9., ]*|\.[0-9]+) ?([a-z]*)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([, ])[0-9]{3})(?:\1[0-9]{3})*(\.[0-9]+)?")
_PLAIN = re.compile(r"[0-9]*\.?[0-9]*")
_LIKE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class AmountNote(NoteCode):
    """Why an amount is refused."""

    NO_AMOUNT = "no_amount", "Enter an amount."
    NOT_A_NUMBER = "not_a_number", "This is not a number. Write it like 1,000, 1k, 2.5m or -40."
    TOO_LARGE = "too_large", lambda of: f"The amount is too large. The most is {of.number('most')}."
    TOO_MANY_DECIMALS = (
        "too_many_decimals",
        lambda of: f"The amount has too many decimals. The most is {of.number('most')}.",
    )
    SEPARATORS = (
        "separators",
        "This can be read in two ways. Write 1000 for a thousand, 1.5 for one and a half.",
    )


class NotAnAmount(ValueError):
    """The text is not an amount that Autumn can take; `code` says why."""

    def __init__(self, code: AmountNote) -> None:
        super().__init__(code.id)
        self.code = code


def note(code: AmountNote) -> Note:
    most = {
        AmountNote.TOO_LARGE: canonical.number(MOST),
        AmountNote.TOO_MANY_DECIMALS: str(DECIMALS),
    }
    return Note(code, {"most": most[code]} if code in most else {})


def parse_amount(text: str) -> Decimal:
    """`1,000` `1 000` `1k` `2.5m` `-40`. Raises NotAnAmount, a ValueError.

    What could be read in two ways is not guessed: `1.000` and `1,5` mean different things to different
    people.
    """
    tidy = _SPACES.sub(" ", text.translate(_MINUS)).strip().lower()
    if not tidy:
        raise NotAnAmount(AmountNote.NO_AMOUNT)
    typed = _TYPED.fullmatch(tidy)
    if typed is None or typed[3] not in _TIMES:
        raise NotAnAmount(AmountNote.NOT_A_NUMBER)
    amount = _digits(typed[2].strip()) * _TIMES[typed[3]] * (-1 if typed[1] == "-" else 1)
    if (problem := size_problem(amount)) is not None:
        raise NotAnAmount(problem)
    return amount


def typed(amount: Decimal) -> str:
    """The amount as a person could type it: `parse_amount` reads it back as the same."""
    digits = canonical.number(amount)
    # 2.883 could also be read as a thousand.
    return f"{digits}0" if _LIKE_THOUSANDS.fullmatch(digits.removeprefix("-")) else digits


def size_problem(amount: Decimal) -> AmountNote | None:
    """Why an amount is refused for its size or its decimals."""
    if not amount.is_finite():
        return AmountNote.NOT_A_NUMBER
    if abs(amount) > MOST:
        return AmountNote.TOO_LARGE
    normalised = amount.normalize()
    exponent = normalised.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if decimals > DECIMALS or max(normalised.adjusted(), 0) + 1 + decimals > _DIGITS:
        return AmountNote.TOO_MANY_DECIMALS
    return None


def _digits(text: str) -> Decimal:
    if _LIKE_THOUSANDS.fullmatch(text):
        raise NotAnAmount(AmountNote.SEPARATORS)
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "").replace(" ", ""))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    raise NotAnAmount(AmountNote.SEPARATORS)
