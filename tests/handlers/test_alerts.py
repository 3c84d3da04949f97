"""Submitting an alert form without a choice, which Slack itself does not allow."""

from bot.access.people import Actor
from bot.alerts import form, words
from handlers import alerts
from handlers.interaction import Interaction, InteractionKind
from handlers.listener import Invalid


def test_alert_form_without_a_choice_is_refused() -> None:
    submitted = Interaction(InteractionKind.VIEW, Actor("U1"), metadata='{"s":"1","c":"C1"}')
    assert alerts.parse(submitted) == Invalid({form.SOURCES_BLOCK: words.NO_SOURCE})
