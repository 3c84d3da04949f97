"""How long extra allowance lasts: until the balance resets, or as a standalone grant, which no reset ends."""

from decimal import Decimal

from bot.autumn.models import BalanceRow
from bot.changes.balance import words
from bot.changes.balance.figures import ONE_OFF
from bot.changes.forms import fields as parts
from bot.changes.forms.model import Meta
from bot.changes.grant.form import EXPIRES_BLOCK, FOR_GOOD, LASTS_BLOCK, UNTIL_DATE, pick_expiry
from bot.changes.grant.request import GrantInput, grant_id
from bot.changes.grant.words import NO_DATE_PICKED
from bot.changes.standalone import GrantSize
from bot.kit import form_values
from bot.kit.card import Block
from bot.kit.form_values import Values

UNTIL_RESET = "until_reset"
_TERMS = {UNTIL_RESET: words.UNTIL_RESET, UNTIL_DATE: words.UNTIL_DATE, FOR_GOOD: words.FOR_GOOD}


def matters(rows: list[BalanceRow], picked: str | None) -> bool:
    """Whether a reset would end what is given: of the picked row, or of any while none is picked."""
    return any(
        row.reset is not None and row.reset.interval != ONE_OFF for row in rows if picked in (None, row.id)
    )


def term(values: Values) -> str:
    return form_values.one_of(values, LASTS_BLOCK, _TERMS, UNTIL_RESET)


def fields(values: Values) -> list[Block]:
    picked = term(values)
    radio = parts.radio(LASTS_BLOCK, words.LASTS, _TERMS, picked)
    expiry = [pick_expiry(form_values.moment(values, EXPIRES_BLOCK))] if picked == UNTIL_DATE else []
    return [radio, *expiry]


def missing(values: Values, stale: str) -> dict[str, str]:
    """The problems with a grant as it is filled in."""
    if term(values) != UNTIL_DATE:
        return {}
    if EXPIRES_BLOCK not in values:
        return {LASTS_BLOCK: stale}
    return {} if form_values.moment(values, EXPIRES_BLOCK) else {EXPIRES_BLOCK: NO_DATE_PICKED}


def as_grant(meta: Meta, feature: str, amount: Decimal | None, values: Values) -> GrantInput:
    expires_at = form_values.moment(values, EXPIRES_BLOCK) if term(values) == UNTIL_DATE else None
    return GrantInput(
        customer=meta.customer,
        feature=feature,
        grant=grant_id(meta.submission),
        size=GrantSize.AMOUNT,
        amount=amount,
        expires_at=expires_at,
    )
