"""Words of the entities."""

from bot.kit.phrases import count

TITLE = "Entities"
ENTITY_TITLE = "Entity"
HELP = "workspaces, seats and the like, with balances of their own"

NO_ENTITIES = "This customer has no entities."
ENTITY_LIST = "The entities"
ENTITY = "The entity"
GONE = "This customer no longer has this entity."
NO_NAME = "Unnamed entity"

PICK_ENTITY = "Find an entity"
BACK_TO_ENTITIES = "All entities"

OWN_BALANCES = "*Balances of its own*"
SHARED_BALANCES = "*Shared with the whole customer*"
NO_OWN_BALANCES = "It has no balance of its own."


def its_own(balance: str) -> str:
    return f"Its own: {balance}"


def shared(balance: str) -> str:
    return f"Shared with the whole customer: {balance}"


def usage_of(feature: str) -> str:
    """A button. Not escaped yet."""
    return f"Usage: {feature}"


def number_of(number: int, *, more: bool) -> str:
    return f"*{number:,}+ entities*" if more else f"*{count(number, 'entity', 'entities')}*"


def newest_only(number: int) -> str:
    return (
        f"Autumn has more: only the newest {number:,} are listed and added up. Find the others by name or id."
    )


def total(feature: str, whole: str, own: str, number: str, shared: str) -> str:
    """`*Minutes:* 35 of 90 used · 30 of 80 held by 2 entities · 5 of 10 shared by all`."""
    parts = [
        f"{whole} used" if whole else "",
        f"{own} held by {number}",
        f"{shared} shared by all" if shared else "",
    ]
    return f"*{feature}:* {' · '.join(part for part in parts if part)}"


def of(used: str, granted: str) -> str:
    return f"{used} of {granted}"


def unlimited(used: str) -> str:
    return f"{used} of unlimited"


def used(amount: str) -> str:
    return f"{amount} used"


def entities(number: int) -> str:
    return count(number, "entity", "entities")


def counts_as(feature: str) -> str:
    return f"counts as {feature}"


def since(day: str) -> str:
    return f"since {day}"


def plans(names: str) -> str:
    return f"Products of its own: {names}"
