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


def used(units: str) -> str:
    return f"{units} used"


def overage(units: str) -> str:
    return f"*{units} over*"


def sources(number: int) -> str:
    return f"from {number} sources"


def unlimited(units: str) -> str:
    return f"Unlimited · {units} used"


def flags(names: str) -> str:
    return f"*Also included:* {names}"
