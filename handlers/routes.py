"""The one table of what Maple listens to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.kit import ids
from handlers import (
    cards,
    catch_all,
    command,
    decisions,
    digest_all,
    digest_file,
    digest_form,
    digest_sending,
    digests,
    forms,
    history,
    home,
    link,
    look_up,
    options,
)
from handlers.error_target import ErrorTarget
from handlers.interaction import InteractionKind
from handlers.listener import Listener
from handlers.options_listener import OptionsListener
from handlers.services import Services


@dataclass(frozen=True, slots=True)
class Route:
    on: str
    """The command, callback_id, action_id or event type."""
    does: Listener | OptionsListener
    family: bool = False
    """Whether action_ids that go on after a colon (`go:products`) are meant as well."""

    @property
    def constraint(self) -> str | re.Pattern[str]:
        return re.compile(rf"^{re.escape(self.on)}(?::|$)") if self.family else self.on


def _clicked(on: str, run: Any, surface: ErrorTarget = ErrorTarget.FRESH, *, family: bool = True) -> Route:
    return Route(on, Listener(InteractionKind.ACTION, on, run, surface), family)


# Bolt tries them in this order for every request; the most frequent come first.
ROUTES: tuple[Route, ...] = (
    Route(ids.COMMAND, Listener(InteractionKind.COMMAND, ids.COMMAND, command.run)),
    _clicked(ids.GO, cards.go, ErrorTarget.CARD),
    _clicked(ids.OPEN, cards.open_card),
    _clicked(ids.LINK, link.run),
    _clicked(ids.FIND, cards.turn, ErrorTarget.CARD),
    _clicked(ids.PICK_FEATURE, cards.pick_feature, ErrorTarget.CARD),
    _clicked(ids.SHARE, cards.share),
    Route(ids.PICK_CUSTOMER, OptionsListener(ids.PICK_CUSTOMER, options.customers)),
    Route(ids.PICK_FEATURE, OptionsListener(ids.PICK_FEATURE, options.features)),
    Route(
        ids.LOOK_UP_SHORTCUT,
        Listener(InteractionKind.SHORTCUT, ids.LOOK_UP_SHORTCUT, look_up.open_modal, ErrorTarget.MODAL),
    ),
    _clicked(ids.LOOK_UP_SHORTCUT, look_up.open_modal, ErrorTarget.MODAL),
    Route(
        ids.LOOK_UP_MODAL,
        Listener(
            InteractionKind.VIEW, ids.LOOK_UP_MODAL, look_up.submitted, ErrorTarget.DIRECT, look_up.check
        ),
    ),
    _clicked(ids.CHANGE, forms.clicked, ErrorTarget.MODAL),
    _clicked(ids.FORM_FIELD, forms.filled),
    Route(ids.FORM_FEATURE, OptionsListener(ids.FORM_FEATURE, forms.features)),
    Route(ids.FORM_REWARD, OptionsListener(ids.FORM_REWARD, forms.rewards)),
    Route(
        ids.CHANGE_FORM,
        Listener(
            InteractionKind.VIEW,
            ids.CHANGE_FORM,
            forms.submitted,
            ErrorTarget.DIRECT,
            forms.check,
            becomes=forms.working,
        ),
    ),
    _clicked(ids.APPROVE, decisions.approve),
    _clicked(ids.DENY, decisions.ask_why),
    Route(
        ids.DENY_MODAL,
        Listener(InteractionKind.VIEW, ids.DENY_MODAL, decisions.denied, ErrorTarget.DIRECT, decisions.check),
    ),
    _clicked(ids.WITHDRAW, decisions.withdraw),
    _clicked(ids.UNDO, decisions.undo),
    _clicked(ids.MARK_APPLIED, decisions.mark_applied),
    _clicked(ids.MARK_NOT_APPLIED, decisions.mark_not_applied),
    _clicked(ids.HISTORY, history.clicked),
    _clicked(ids.DIGEST_CUSTOMER, digest_all.pick_customer),
    _clicked(ids.DIGEST_CSV, digest_file.csv),
    _clicked(ids.DIGEST_ALL, digest_all.see_all, ErrorTarget.MODAL),
    _clicked(ids.DIGEST_PAGE, digest_all.turn),
    _clicked(ids.DIGEST_OPEN, digest_all.open_customer, ErrorTarget.ON_TOP),
    _clicked(ids.DIGEST_NEW, digest_form.new),
    _clicked(ids.DIGEST_EDIT, digest_form.edit),
    _clicked(ids.DIGEST_PAUSE, digests.pause),
    _clicked(ids.DIGEST_RESUME, digests.resume),
    _clicked(ids.DIGEST_SEND, digest_sending.send),
    _clicked(ids.DIGEST_PREVIEW, digest_sending.preview),
    _clicked(ids.DIGEST_REMOVE, digests.remove),
    Route(ids.DIGEST_ZONE, OptionsListener(ids.DIGEST_ZONE, digest_form.zones)),
    Route(ids.DIGEST_PLANS, OptionsListener(ids.DIGEST_PLANS, digest_form.plans)),
    Route(
        ids.DIGEST_FORM,
        Listener(
            InteractionKind.VIEW,
            ids.DIGEST_FORM,
            digest_form.submitted,
            ErrorTarget.DIRECT,
            digest_form.check,
            becomes=digest_form.working,
        ),
    ),
    Route("app_home_opened", Listener(InteractionKind.EVENT, "app_home_opened", home.run, ErrorTarget.HOME)),
)


def register(app: AsyncApp, services: Services) -> None:
    """Makes the app listen to everything in the table, and acknowledge the rest."""
    for route in ROUTES:
        _listen(app, route.does.kind)(route.constraint)(route.does.listener(services))
    catch_all.register(app, services.metrics)


def _listen(app: AsyncApp, kind: InteractionKind) -> Callable[..., Any]:
    listen: dict[InteractionKind, Callable[..., Any]] = {
        InteractionKind.COMMAND: app.command,
        InteractionKind.ACTION: app.action,
        InteractionKind.SHORTCUT: app.global_shortcut,
        InteractionKind.VIEW: app.view_submission,
        InteractionKind.OPTIONS: app.options,
        InteractionKind.EVENT: app.event,
    }
    return listen[kind]
