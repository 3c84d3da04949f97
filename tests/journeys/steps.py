"""What a support agent does again and again."""

from tests.running import Running


async def ask(maple: Running, line: str, sees: str) -> str:
    """Types a command; the newest message with these words."""
    await maple.ana.command(line)
    return await maple.ana.sees(sees)


async def press(maple: Running, label: str, sees: str, *, within: str | None = None) -> str:
    """Presses a button; the message with these words, once there is one."""
    await maple.ana.click(label, within=within)
    return await maple.ana.sees(sees)


def in_order(shown: str, *wanted: str) -> None:
    """That these can be read, one after the other."""
    place = 0
    for words in wanted:
        found = shown.find(words, place)
        assert found >= 0, f"{words!r} is missing, or too early:\n{shown}"
        place = found + len(words)


def line_with(shown: str, words: str) -> str:
    """The only line that has these words."""
    (line,) = (line for line in shown.splitlines() if words in line)
    return line
