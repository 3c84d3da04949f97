"""Words of the features."""

TITLE = "Features"
HELP = "balances, resets and usage charts"


PICK_FEATURE = "Pick a feature"

DUE_NOW = "resets now"


NO_FEATURES = "This customer has no features: no product or grant includes any."
NO_BALANCES = "No metered features."
HIDDEN_BALANCES = "Hidden by Autumn while a product is past due: see above."


def remaining(left: str, granted: str) -> str:
    return f"{left} of {granted} left"


def left(units: str) -> str:
    return f"{units} left"


def used(units: str) -> str:
    return f"{units} used"


def resets_on(day: str) -> str:
    return f"resets on {day}"


def used_of(units: str, granted: str) -> str:
    return f"{units} of {granted} used"


def overage(units: str, billed: str = "0") -> str:
    """`billed`: how much of it."""
    if billed == "0":
        return f"*{units} over*"
    return f"*{units} over*, billed" if billed == units else f"*{units} over*, {billed} billed"


def sources(number: int) -> str:
    return f"from {number} sources"


def unlimited(units: str) -> str:
    return f"Unlimited · {units} used"


def flags(names: str) -> str:
    return f"*Also included:* {names}"
