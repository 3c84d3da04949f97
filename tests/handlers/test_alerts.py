"""A form of alerts that is not filled in, which Slack itself lets nobody submit."""

from bot.access.people import Actor
from bot.alerts import form, words
from handlers import alert_form
from handlers.interaction import Interaction, InteractionKind
from handlers.listener import Invalid


def test_form_without_anything_chosen_is_not_taken() -> None:
    submitted = Interaction(InteractionKind.VIEW, Actor("U1"), metadata='{"s":"1","c":"C1"}')
    assert alert_form.parse(submitted) == Invalid({form.SOURCES_BLOCK: words.NO_SOURCE})
