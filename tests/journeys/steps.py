"""Steps that many journeys share."""

from sandbox.slack import LocalPerson
from tests.running import Running


async def command_and_see(maple: Running, line: str, sees: str) -> str:
    """Types a command and returns the newest message that contains these words."""
    await maple.ana.command(line)
    return await maple.ana.sees(sees)


async def click_and_see(maple: Running, label: str, sees: str, *, within: str | None = None) -> str:
    """Presses a button and returns the message that contains these words."""
    await maple.ana.click(label, within=within)
    return await maple.ana.sees(sees)


async def click_old_button(maple: Running, person: LocalPerson, action: str, value: str) -> None:
    """Clicks a button that Maple no longer shows, but that an old card may still have."""
    workspace = maple.slack.workspace
    label = {"type": "plain_text", "text": "Old button"}
    button = {"type": "button", "action_id": action, "value": value, "text": label}
    card = [{"type": "actions", "elements": [button]}]
    workspace.post(person.channel, workspace.bot.id, "An old card", card, only_for=person.id)
    await person.click("Old button")


def assert_in_order(text: str, *expected: str) -> None:
    """Asserts that the text contains these one after the other."""
    start = 0
    for words in expected:
        position = text.find(words, start)
        assert position >= 0, f"{words!r} is missing, or too early:\n{text}"
        start = position + len(words)


def line_with(text: str, words: str) -> str:
    """The only line that contains these words."""
    (line,) = (line for line in text.splitlines() if words in line)
    return line
