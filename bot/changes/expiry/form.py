"""The form that moves a grant's expiry."""

from bot.changes.expiry import words
from bot.changes.expiry.request import ExpiryInput, movable
from bot.changes.forms import fields as parts
from bot.changes.forms import grants
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values
from bot.kit.card import Block
from bot.kit.form_values import Values

EXPIRES_BLOCK = "expires"


def build(state: FormState) -> FormContent:
    offered = grants.offered(state.facts, movable)
    if not offered:
        return FormContent(state.meta, closed=words.NO_GRANTS)
    fields = [grants.field(state, offered), _pick_expiry(state.values)]
    return FormContent(state.meta, grants.left_out(state, movable), fields)


def draft(meta: Meta, values: Values, facts: Facts) -> ExpiryInput | None:  # noqa: ARG001 - as all kinds
    feature, row = grants.chosen(values)
    expires_at = form_values.moment(values, EXPIRES_BLOCK)
    if not row or expires_at is None:
        return None
    return ExpiryInput(customer=meta.customer, feature=feature, row=row, expires_at=expires_at)


def parse(meta: Meta, values: Values) -> Parsed:
    feature, row = grants.chosen(values)
    expires_at = form_values.moment(values, EXPIRES_BLOCK)
    errors: dict[str, str] = {}
    if not row:
        errors[grants.GRANT_BLOCK] = forms_words.NO_GRANT_PICKED
    if expires_at is None:
        errors[EXPIRES_BLOCK] = words.NO_DATE_PICKED
        return parts.parsed(meta, values, None, errors)
    request = ExpiryInput(customer=meta.customer, feature=feature, row=row, expires_at=expires_at)
    return parts.parsed(meta, values, request, errors)


def _pick_expiry(values: Values) -> Block:
    expires_at = form_values.moment(values, EXPIRES_BLOCK)
    element = blocks.moment(parts.field_id("expires"), int(expires_at.timestamp()) if expires_at else None)
    return blocks.field(EXPIRES_BLOCK, words.EXPIRES, element, words.EXPIRES_HINT, listens=True)


FORM = ChangeForm(build, draft, parse)
