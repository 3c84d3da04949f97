"""The form that edits a customer's name, email and fingerprint."""

from bot.changes.details import words
from bot.changes.details.request import DetailsInput
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, text
from bot.kit.card import Block
from bot.kit.form_values import Values

NAME_BLOCK = "name"
EMAIL_BLOCK = "email"
FINGERPRINT_BLOCK = "fingerprint"

_FIELDS = {NAME_BLOCK: words.NAME, EMAIL_BLOCK: words.EMAIL, FINGERPRINT_BLOCK: words.FINGERPRINT}
"""Labels by block; the blocks are called as the fields are."""
_LONGEST = 3000
"""What Slack takes; the guards say what Autumn does."""


def build(state: FormState) -> FormContent:
    current = {name: _shown(state.facts, name) for name in _FIELDS}
    meta = state.meta.model_copy(
        update={"shown": {name: parts.digest(value) for name, value in current.items()}}
    )
    return FormContent(meta, fields=[_field(name, state.values, current[name]) for name in _FIELDS])


def draft(meta: Meta, values: Values, facts: Facts) -> DetailsInput | None:
    """The fields that differ from the current values, which may differ from those first shown."""
    marks = {name: parts.digest(_shown(facts, name)) for name in _FIELDS}
    altered = _altered(meta.model_copy(update={"shown": marks}), values)
    return DetailsInput(customer=meta.customer, **altered) if altered else None


def parse(meta: Meta, values: Values) -> Parsed:
    altered = _altered(meta, values)
    errors = {} if altered else {NAME_BLOCK: words.NOTHING_ALTERED}
    return parts.parsed(meta, values, DetailsInput(customer=meta.customer, **altered), errors)


def _altered(meta: Meta, values: Values) -> dict[str, str]:
    """Only those, so that what someone else changes meanwhile is left as they set it."""
    typed = {name: form_values.typed(values, name) for name in _FIELDS if name in values}
    return {
        name: value
        for name, value in typed.items()
        if parts.digest(text.clean(value)) != meta.shown.get(name)
    }


def _shown(facts: Facts, name: str) -> str:
    """What the field shows to begin with; nothing when it is too long to be shown in full."""
    value = text.clean(str(getattr(facts.customer, name) or ""))
    return value if text.length(value) <= _LONGEST else ""


def _field(name: str, values: Values, current: str) -> Block:
    initial = form_values.typed(values, name) if name in values else current
    element = blocks.typed(parts.field_id(name), initial, telling=True)
    hint = words.FINGERPRINT_HINT if name == FINGERPRINT_BLOCK else ""
    return blocks.field(name, _FIELDS[name], element, hint, optional=True, listens=True)


def keep(meta: Meta, values: Values) -> Values:
    """Without the fields that were left as they were shown: they may be different by then."""
    unaltered = _FIELDS.keys() - _altered(meta, values).keys()
    return {block: entered for block, entered in values.items() if block not in unaltered}


FORM = ChangeForm(build, draft, parse, keep=keep)
