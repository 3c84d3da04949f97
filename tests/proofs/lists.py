"""Lists of changes that somebody pastes or uploads: any bytes are read, or refused in words."""

import random

from bot.batches import parsing
from bot.batches.model import MOST_LINES
from bot.batches.parsing import ForAll, ReadList
from bot.changes import notes, registry
from bot.changes.line_form import LineReader
from bot.changes.notes import Note
from tests.proofs.figures import Figures

_PIECES = (
    *("acme", "cus_1", "a@b.com", "messages", "customer", "feature", "amount", "action", "id", "email"),
    *("5", "5k", "-40", "1,000", "1.000", "1.000,5", "1e9", "NaN", "٥", "9" * 30, "2027-02-30", "2027-02-28"),
    *("kind", "entity", "ws_1", "grant", "record", "reward", "refund", "cancel", "quantity", "delete"),
    *("all", "unlimited", "now", "at the end", "now with credit", "every month", "apply", "redeem", "in_1"),
    *("give", "set", "reset", "drop", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "'=x", "<!channel>", "<@U1>"),
    *(
        ",",
        ",",
        ";",
        "\t",
        '"',
        '""',
        "'",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\x00",
        "\x1b[2J",
        "\x85",
        "\u2028",
    ),
    *(
        "\ufeff",
        "\u202e",
        "\u200b",
        "\ud800",
        "é",
        "日本",
        "e\u0301" * 9,
        "👩‍💻",
        "a" * 300,
        "x" * 5000,
        "PK\x03\x04",
    ),
)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "shift_jis", "utf-7")


async def hostile_lists(number: int, seed: int) -> Figures:
    figures = Figures("Lists of any bytes")
    dice = random.Random(seed)  # noqa: S311
    for each in range(number):
        content = _content(dice)
        for_all = dice.choice(_FOR_ALL)
        figures.count("hostile lists")
        try:
            answer = parsing.read(content, for_all)
            _told(figures, each, answer)
        except Exception as error:  # noqa: BLE001 - any at all is what must not be
            figures.hold(False, f"{each}: {type(error).__name__} on {content[:200]!r}")
    return figures


_FOR_ALL = (
    ForAll(),
    ForAll("set", "messages", "5"),
    ForAll("reset", "messages", "2027-01-01"),
    ForAll("give", "\ud800", "many"),
)


def _told(figures: Figures, number: int, answer: ReadList | Note) -> None:
    if isinstance(answer, Note):
        figures.count("refused as a whole")
        figures.hold(_in_words(answer), f"{number}: no words")
        return
    lines, problems = answer.lines, answer.problems
    figures.count("lines read", len(lines))
    figures.count("lines refused", len(problems))
    numbers = [line.number for line in lines] + [problem.number for problem in problems]
    figures.hold(len(set(numbers)) == len(numbers) <= MOST_LINES, f"{number}: {len(numbers)} lines")
    for line in lines:
        reader = LineReader(line.cells)
        registry.line_form(line.kind).read(reader)
        figures.hold(bool(line.customer) and not reader.wrong, f"{number}: {line!r}")
        figures.count(f"lines of the kind {line.kind}")
    for problem in problems:
        told = bool(problem.notes) and all(map(_in_words, problem.notes))
        figures.hold(told, f"{number}: no words for line {problem.number}")


def _in_words(note: Note) -> bool:
    return bool(notes.plain(note)) and bool(notes.mrkdwn(note))


def _content(dice: random.Random) -> bytes | str:
    match dice.randrange(5):
        case 0:
            return dice.randbytes(dice.randrange(2000))
        case 1:
            return _text(dice)
        case 2:
            content = bytearray(_encoded(dice))
            for _ in range(dice.randrange(1, 6)):
                content.insert(dice.randrange(len(content) + 1), dice.randrange(256))
            return bytes(content)
        case 3 if not dice.randrange(40):
            return _encoded(dice) * dice.randrange(1, 4000)
    return _encoded(dice)


_CELLS = (
    ("acme", "a@b.com", "cus_1"),
    ("messages", "pro", "ten", "in_1", ""),
    ("5", "5k", "all", "unlimited", "1.000", ""),
    ("", "give", "set", "now", "next invoice", "at the end", "apply", "redeem", "every month", "drop"),
    ("", "balance", "grant", "record", "reward", "refund", "cancel", "quantity", "delete"),
    ("", "", "ws_1"),
)
"""Of lines that may be right, by column."""


def _text(dice: random.Random) -> str:
    if not dice.randrange(3):
        return "\n".join(",".join(map(dice.choice, _CELLS)) for _ in range(dice.randrange(1, 12)))
    return "".join(dice.choices(_PIECES, k=dice.randrange(60)))


def _encoded(dice: random.Random) -> bytes:
    return _text(dice).encode(dice.choice(_ENCODINGS), "replace")
