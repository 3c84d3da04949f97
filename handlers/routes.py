"""The one table of what Maple listens to, and the Bolt app that does."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.kit import ids
from bot.log import library_logger, log
from bot.metrics import Metrics
from handlers import (
    alerts,
    batch_decisions,
    batches,
    changes,
    command,
    csv_form,
    digest_rows,
    digests,
    finder,
    forms,
    home,
    link_previews,
    links,
    lookups,
    refusals,
    shortcuts,
    submissions,
)
from handlers.errors import ErrorTarget
from handlers.interaction import InteractionKind, trigger
from handlers.listener import BoltListener, FormListener, Listener, OptionsListener, Run, Suggest, always
from handlers.services import Services


@dataclass(frozen=True, slots=True)
class Route:
    """A delivery that Slack repeats is not handled again: its listener sees to that."""

    trigger: str
    """The command, callback_id, action_id or event type."""
    listener: Listener | FormListener[Any] | OptionsListener
    family: bool = False
    """Whether action_ids that continue after a colon (`go:products`) match too."""

    @property
    def pattern(self) -> str:
        """A regular expression for everything it handles."""
        return re.escape(self.trigger) + (r"(?::.*)?" if self.family else "")


def clicked(
    action: str,
    run: Run,
    errors_to: ErrorTarget = ErrorTarget.NEW_MESSAGE,
    *,
    harmless: bool = False,
    opens_modal: bool = False,
) -> Route:
    """A button or a select. `harmless`, `opens_modal`: see `Listener`."""
    listener = Listener(InteractionKind.ACTION, action, run, errors_to, opens_modal=opens_modal)
    return Route(action, replace(listener, harmless=always) if harmless else listener, family=True)


def event(
    kind: str, run: Run, errors_to: ErrorTarget = ErrorTarget.NEW_MESSAGE, *, harmless: bool = False
) -> Route:
    """Of Slack's Events API. `harmless`: see `Listener`."""
    listener = Listener(InteractionKind.EVENT, kind, run, errors_to)
    return Route(kind, replace(listener, harmless=always) if harmless else listener)


def options(action: str, suggest: Suggest, *, family: bool = False) -> Route:
    return Route(action, OptionsListener(action, suggest), family)


# If two match, the first one wins.
ROUTES: tuple[Route, ...] = (
    Route(
        ids.COMMAND,
        Listener(
            InteractionKind.COMMAND,
            ids.COMMAND,
            command.run,
            harmless=command.only_reads,
            opens_modal=True,
        ),
    ),
    clicked(ids.RUN, command.clicked, opens_modal=True),
    clicked(ids.GO, lookups.go_to, ErrorTarget.CARD, harmless=True),
    clicked(ids.OPEN, lookups.open_card, harmless=True),
    clicked(ids.LINK, home.link_clicked, harmless=True),
    clicked(ids.FIND, lookups.turn_page, ErrorTarget.CARD, harmless=True),
    clicked(ids.PICK_FEATURE, lookups.pick_feature, ErrorTarget.CARD, harmless=True),
    clicked(ids.PICK_ENTITY, lookups.pick_entity, ErrorTarget.CARD, harmless=True),
    clicked(ids.LIST, finder.turn_page, ErrorTarget.CARD, harmless=True),
    clicked(ids.LIST_ORDER, finder.sort, ErrorTarget.CARD, harmless=True),
    clicked(ids.LIST_CSV, finder.csv),
    clicked(ids.CSV_FORMAT, csv_form.open_form, ErrorTarget.MODAL, opens_modal=True, harmless=True),
    Route(ids.CSV_FORM, FormListener(ids.CSV_FORM, csv_form.parse, csv_form.submitted)),
    clicked(ids.SHARE, lookups.share, harmless=True),
    clicked(ids.MAKE_LINK, links.clicked),
    clicked(ids.PICK_CUSTOMER, lookups.pick_customer, harmless=True),
    options(ids.PICK_CUSTOMER, lookups.customer_options),
    options(ids.PICK_FEATURE, lookups.feature_options),
    options(ids.PICK_ENTITY, lookups.entity_options),
    Route(
        ids.LOOK_UP_SHORTCUT,
        Listener(
            InteractionKind.SHORTCUT,
            ids.LOOK_UP_SHORTCUT,
            shortcuts.open_form,
            ErrorTarget.MODAL,
            harmless=always,
            opens_modal=True,
        ),
    ),
    clicked(ids.LOOK_UP_SHORTCUT, shortcuts.open_form, ErrorTarget.MODAL, harmless=True, opens_modal=True),
    Route(
        ids.LOOK_UP_MODAL,
        FormListener(ids.LOOK_UP_MODAL, shortcuts.parse, shortcuts.submitted, harmless=always),
    ),
    Route(
        ids.LOOK_UP_MESSAGE,
        Listener(
            InteractionKind.MESSAGE_SHORTCUT,
            ids.LOOK_UP_MESSAGE,
            shortcuts.open_list,
            ErrorTarget.MODAL,
            harmless=always,
            opens_modal=True,
        ),
    ),
    clicked(ids.MESSAGE_CUSTOMER, shortcuts.open_customer, ErrorTarget.CURRENT_MODAL, harmless=True),
    clicked(ids.MESSAGE_CHANGE, shortcuts.change, ErrorTarget.CURRENT_MODAL),
    clicked(ids.CHANGE, forms.clicked, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.CHOOSE, forms.chosen, ErrorTarget.CURRENT_MODAL),
    clicked(ids.ASK_AGAIN, forms.ask_again, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.TAKE_UP, forms.take_up, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.EDIT, forms.edit_request, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.CHANGE_CUSTOMER, forms.picked_customer, ErrorTarget.CURRENT_MODAL, harmless=True),
    clicked(ids.FORM_FIELD, forms.filled, ErrorTarget.CURRENT_MODAL, harmless=True),
    options(ids.FORM_FIELD, forms.options, family=True),
    Route(
        ids.CHANGE_FORM,
        FormListener(ids.CHANGE_FORM, submissions.parse, submissions.submitted, submissions.working),
    ),
    clicked(ids.APPROVE, changes.approve),
    clicked(ids.DENY, changes.open_denial_form, opens_modal=True),
    Route(ids.DENY_MODAL, FormListener(ids.DENY_MODAL, changes.parse_denial, changes.denied)),
    clicked(ids.WITHDRAW, changes.withdraw),
    clicked(ids.ASK_THEM, refusals.ask_them),
    clicked(ids.UNDO, changes.open_undo_form, opens_modal=True),
    Route(ids.UNDO_MODAL, FormListener(ids.UNDO_MODAL, changes.parse_undo, changes.undo)),
    clicked(ids.CHECK_AGAIN, changes.check_again),
    clicked(ids.MARK_APPLIED, changes.mark_applied),
    clicked(ids.MARK_NOT_APPLIED, changes.mark_not_applied),
    clicked(ids.HISTORY, changes.history_clicked, harmless=True),
    clicked(ids.DIGEST_CUSTOMER, digest_rows.pick_customer, harmless=True),
    clicked(ids.DIGEST_CSV, digest_rows.csv),
    clicked(ids.DIGEST_ALL, digest_rows.see_all, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.DIGEST_PAGE, digest_rows.turn_page, ErrorTarget.CURRENT_MODAL, harmless=True),
    clicked(ids.DIGEST_OPEN, digest_rows.open_customer, ErrorTarget.ON_TOP, opens_modal=True),
    *(
        clicked(
            f"{ids.HOME_DIGEST}:{action}", home.digest_clicked(handle), ErrorTarget.MODAL, opens_modal=True
        )
        for action, handle in home.OF_DIGESTS.items()
    ),
    clicked(ids.DIGEST_NEW, digests.new, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_EDIT, digests.edit, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_PAUSE, digests.pause, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_RESUME, digests.resume, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_SEND, digests.send, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_PREVIEW, digests.preview, ErrorTarget.CURRENT_MODAL),
    clicked(ids.DIGEST_REMOVE, digests.remove, ErrorTarget.CURRENT_MODAL),
    options(ids.DIGEST_ZONE, digests.zones),
    options(ids.DIGEST_PLANS, digests.plans),
    options(ids.DIGEST_GROUP, digests.user_groups),
    Route(
        ids.DIGEST_FORM,
        FormListener(ids.DIGEST_FORM, digests.parse, digests.submitted, digests.working),
    ),
    clicked(ids.ALERT_NEW, alerts.new, ErrorTarget.CURRENT_MODAL),
    clicked(ids.ALERT_EDIT, alerts.edit, ErrorTarget.CURRENT_MODAL),
    clicked(ids.ALERT_PAUSE, alerts.pause, ErrorTarget.CURRENT_MODAL),
    clicked(ids.ALERT_RESUME, alerts.resume, ErrorTarget.CURRENT_MODAL),
    clicked(ids.ALERT_REMOVE, alerts.remove, ErrorTarget.CURRENT_MODAL),
    options(ids.ALERT_PLANS, alerts.plans),
    options(ids.ALERT_FEATURES, alerts.features),
    Route(
        ids.ALERT_FORM,
        FormListener(ids.ALERT_FORM, alerts.parse, alerts.submitted, alerts.working),
    ),
    clicked(ids.BATCH_LISTED, batches.for_listed, ErrorTarget.MODAL, opens_modal=True),
    options(ids.BATCH_FEATURE, alerts.features),
    Route(
        ids.BATCH_FORM,
        FormListener(ids.BATCH_FORM, batches.parse, batches.submitted, batches.working),
    ),
    clicked(ids.GATHER, submissions.add_to_list, ErrorTarget.CURRENT_MODAL),
    clicked(ids.BATCH_GATHERED, batches.reopen_gathered, ErrorTarget.CURRENT_MODAL),
    clicked(ids.BATCH_SEND, batches.send),
    clicked(ids.BATCH_LEAVE_OUT, batches.leave_out),
    clicked(ids.BATCH_WRONG_CSV, batches.wrong_csv),
    clicked(ids.BATCH_CANCEL, batches.cancel),
    clicked(ids.BATCH_TAKE_UP, batches.take_up, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.BATCH_APPROVE, batch_decisions.approve),
    clicked(ids.BATCH_DENY, batch_decisions.open_denial_form, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.BATCH_WITHDRAW, batch_decisions.withdraw),
    clicked(ids.BATCH_STOP, batch_decisions.stop),
    clicked(ids.BATCH_RESUME, batch_decisions.resume),
    clicked(ids.BATCH_CHECK_AGAIN, batch_decisions.check_again),
    clicked(ids.BATCH_UNDO, batch_decisions.open_undo_form, ErrorTarget.MODAL, opens_modal=True),
    clicked(ids.BATCH_CSV, batch_decisions.csv),
    Route(
        ids.BATCH_DENY_MODAL,
        FormListener(ids.BATCH_DENY_MODAL, batch_decisions.parse_denial, batch_decisions.deny),
    ),
    Route(
        ids.BATCH_UNDO_MODAL,
        FormListener(ids.BATCH_UNDO_MODAL, batch_decisions.parse_undo, batch_decisions.undo),
    ),
    event("app_home_opened", home.opened, ErrorTarget.HOME, harmless=True),
    event("app_mention", command.mentioned, harmless=True),
    event("link_shared", link_previews.shared, ErrorTarget.NOWHERE, harmless=True),
    event("message", command.written, harmless=True),
)


def bolt_app(services: Services, *, client: AsyncWebClient, authorize: AsyncAuthorize) -> AsyncApp:
    """Listens to everything in the table. `authorize`: who Maple is."""
    app = AsyncApp(
        name="maple",
        logger=library_logger(),
        client=client,
        # An AsyncAuthorize is taken as it is, though the signature does not say so.
        authorize=authorize,  # type: ignore[arg-type]
        # Listeners only acknowledge and hand on their work: Bolt may wait for them, and need not poll.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,  # done in front, by SlackEvents
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    register(app, services)
    return app


def register(app: AsyncApp, services: Services) -> None:
    """Makes the app listen to everything in the table, and acknowledge the rest.

    Bolt inspects each listener at start, and for every request asks one after the other. So it gets one for
    each kind of interaction, which finds the route itself.
    """
    for kind in InteractionKind:
        routes = [route for route in ROUTES if route.listener.kind is kind]
        any_route = re.compile(rf"^(?:{'|'.join(f'({route.pattern})' for route in routes)})\Z", re.DOTALL)
        _listen(app, kind)(any_route)(_dispatcher(kind, any_route, routes, services))
    acknowledge_the_rest(app, services.metrics)


def _dispatcher(
    kind: InteractionKind, any_route: re.Pattern[str], routes: Sequence[Route], services: Services
) -> BoltListener:
    """`any_route` has a group for each route."""
    listeners = [route.listener.bolt_listener(services) for route in routes]

    async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        # Bolt has matched it.
        match = cast(re.Match[str], any_route.match(trigger(kind, body)))
        await listeners[cast(int, match.lastindex) - 1](ack, body)

    return listen


def _listen(app: AsyncApp, kind: InteractionKind) -> Callable[..., Any]:
    listen: dict[InteractionKind, Callable[..., Any]] = {
        InteractionKind.COMMAND: app.command,
        InteractionKind.ACTION: app.block_action,
        InteractionKind.SHORTCUT: app.global_shortcut,
        InteractionKind.MESSAGE_SHORTCUT: app.message_shortcut,
        InteractionKind.VIEW: app.view_submission,
        InteractionKind.OPTIONS: app.block_suggestion,
        InteractionKind.EVENT: app.event,
    }
    return listen[kind]


# The rest

_PAYLOADS = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "command",
        "event_callback",
        "message_action",
        "shortcut",
        "view_closed",
        "view_submission",
    }
)


def acknowledge_the_rest(app: AsyncApp, metrics: Metrics) -> None:
    """Logs what no listener handles, and what failed before one was reached, without its content.

    Bolt answers 404 to what it has no listener for; Slack counts those as failures and can switch an app's
    events off. Buttons of messages from an older version are among them, too.
    """

    @app.error
    async def on_error(error: Exception, request: AsyncBoltRequest) -> BoltResponse:
        kind = _kind(request.body)
        unknown = isinstance(error, BoltUnhandledRequestError)
        metrics.interactions.labels(kind, "unknown", "ok" if unknown else "fault").inc()
        log.warning("unhandled", kind=kind, error="" if unknown else type(error).__name__)
        return BoltResponse(status=200, body={"options": []} if kind == "block_suggestion" else "")


def _kind(body: dict[str, Any]) -> str:
    """Slack's word for the payload, if it is one of Slack's: it goes into metrics, which must stay few."""
    kind = "command" if "command" in body else body.get("type")
    return kind if kind in _PAYLOADS else "other"
