"""How errors are worded."""

import pytest

from bot.autumn import errors
from bot.lookups import labels, trouble
from bot.lookups.place import Place
from bot.lookups.trouble import Refusal
from tests.kit import checks
from tests.lookups.drawing import PLACE


@pytest.mark.parametrize(
    ("error", "happened", "do"),
    [
        (errors.Unreachable(), labels.UNREACHABLE.what, "Try again in a minute."),
        (errors.TimedOut(), "Autumn didn't answer in time.", "Try again in a minute."),
        (errors.Garbled(), labels.GARBLED.what, "your Maple admin"),
        (errors.Refused(status=400), "Autumn refused the request.", "Check what you requested."),
        (errors.Unauthorized(status=401), "didn't accept Maple's key", "`maple doctor`"),
        (errors.Forbidden(status=403), "isn't allowed to read this", "missing permission"),
        (errors.Conflict(status=423), "busy with another change", "Try again in a minute."),
        (errors.RateLimited(status=429), "Autumn is limiting requests.", "Try again in a minute."),
        (errors.RateLimited(status=429, retry_after=0.2), "limiting", "Try again in 1 second."),
        (errors.RateLimited(status=429, retry_after=29.5), "limiting", "Try again in 30 seconds."),
        (errors.RateLimited(status=429, retry_after=1e9), "limiting", "Try again in 60 minutes."),
        (errors.Unavailable(status=503), labels.UNAVAILABLE.what, "Try again in a few minutes."),
        (errors.AutumnError(), "Something went wrong while asking Autumn.", "Try again"),
        (RuntimeError("secret"), labels.BROKEN.what, "the reference"),
    ],
)
def test_trouble_says_what_happened_and_what_to_do(error: Exception, happened: str, do: str) -> None:
    card = trouble.trouble(error, reference="ab12", place=PLACE)
    card_text = checks.fitting_text(card)
    for part in (happened, do, "Nothing was changed.", "Reference `ab12`"):
        assert part in card_text
    assert "secret" not in card_text
    assert Place.decode(checks.buttons(card)["Try again"]) == PLACE


def test_error_that_retrying_cannot_fix_has_no_button() -> None:
    gone = trouble.trouble(errors.NotFound(status=404), reference="", place=PLACE)
    assert "Autumn has no such customer." in checks.fitting_text(gone)
    assert "Reference" not in checks.fitting_text(gone)
    assert checks.buttons(gone) == {}
    for place in (None, Place(customer="x" * 3000)):
        assert checks.buttons(trouble.trouble(errors.TimedOut(), reference="x", place=place)) == {}


@pytest.mark.parametrize("reason", list(Refusal))
def test_refusal_says_what_and_why(reason: Refusal) -> None:
    card_text = checks.fitting_text(trouble.refused(reason))
    assert card_text.startswith("*")
    assert trouble.trouble(reason, reference="") == trouble.refused(reason)
