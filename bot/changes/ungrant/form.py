"""The form that removes a grant."""

from bot.changes.forms import fields as parts
from bot.changes.forms import grants
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.spec import ChangeForm
from bot.changes.standalone import StandaloneGrant
from bot.changes.ungrant import words
from bot.changes.ungrant.request import UngrantInput
from bot.kit.form_values import Values


def build(state: FormState) -> FormContent:
    offered = grants.offered(state.facts, _any)
    if not offered:
        return FormContent(state.meta, closed=words.NO_GRANTS)
    return FormContent(state.meta, grants.left_out(state, _any), [grants.field(state, offered)])


def draft(meta: Meta, values: Values, facts: Facts) -> UngrantInput | None:  # noqa: ARG001 - as all kinds
    feature, row = grants.chosen(values)
    return UngrantInput(customer=meta.customer, feature=feature, row=row) if row else None


def parse(meta: Meta, values: Values) -> Parsed:
    feature, row = grants.chosen(values)
    errors = {} if row else {grants.GRANT_BLOCK: forms_words.NO_GRANT_PICKED}
    request = UngrantInput(customer=meta.customer, feature=feature, row=row)
    return parts.parsed(meta, values, request, errors)


def _any(grant: StandaloneGrant) -> bool:  # noqa: ARG001 - as a choice of grants
    return True


FORM = ChangeForm(build, draft, parse)
