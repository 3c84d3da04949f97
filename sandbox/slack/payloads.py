"""Builds the payloads that Slack sends.

tests/sandbox/slack/test_payload_shapes.py compares their keys and types with recorded payloads.
"""

import secrets

from sandbox.slack import elements, people
from sandbox.slack.model import Json, LocalChannel, LocalMessage, User
from sandbox.slack.simulation import Simulation
from sandbox.slack.views import View

VERIFICATION_TOKEN = "local-verification-token"

CHANNEL_NAMES = {"private": "privategroup", "im": "directmessage"}


def channel_name(channel: LocalChannel) -> str:
    return CHANNEL_NAMES.get(channel.kind, channel.name)


def command(sim: Simulation, user: User, channel: LocalChannel, name: str, text: str) -> Json:
    """Someone of another company has their own team, as if both companies had installed the app."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team_id,
        "team_domain": people.TEAM_DOMAIN if user.team_id == people.TEAM else "acme",
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": people.APP,
        "is_enterprise_install": "false",
        "response_url": sim.responses.issue(channel, user.id),
        "trigger_id": sim.triggers.issue(user.id),
    }


def interaction(kind: str, user: User) -> Json:
    """The keys of all interactive payloads."""
    return {
        "type": kind,
        "team": {"id": people.TEAM, "domain": people.TEAM_DOMAIN},
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": people.APP,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_actions(sim: Simulation, user: User, message: LocalMessage, action: Json, chosen: Json) -> Json:
    """A click in a message. The payload leaves out ephemeral messages, which Slack does not store."""
    channel = sim.workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral,
    }
    if thread_ts := sim.workspace.thread_of(message):
        container["thread_ts"] = thread_ts
    payload: Json = {
        **interaction("block_actions", user),
        "container": container,
        "trigger_id": sim.triggers.issue(user.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": elements.values(message.all_blocks, chosen)},
        "response_url": sim.responses.issue(channel, user.id, message),
        "actions": [action],
    }
    if not message.ephemeral:
        payload["message"] = sim.workspace.api_message(message, metadata=False)
    if (preview := message.unfurl_of(action["block_id"])) is not None:
        number, url = preview
        container |= {
            "type": "message_attachment",
            "attachment_id": number,
            "is_app_unfurl": True,
            "app_unfurl_url": url,
        }
        payload["app_unfurl"] = {
            "id": number,
            "app_unfurl_url": url,
            "is_app_unfurl": True,
            "bot_id": people.BOT,
            **message.unfurls[url],
        }
    return payload


def view_actions(sim: Simulation, user: User, view: View, action: Json) -> Json:
    return {
        **interaction("block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": sim.triggers.issue(user.id, view=view.id),
        "view": view.api(),
        "actions": [action],
    }


def submission(sim: Simulation, user: User, view: View) -> Json:
    return {
        **interaction("view_submission", user),
        "trigger_id": sim.triggers.issue(user.id, view=view.id),
        "view": view.api(),
        "response_urls": [],
    }


def closed(user: User, view: View, *, cleared: bool) -> Json:
    return {**interaction("view_closed", user), "view": view.api(), "is_cleared": cleared}


def suggestion(
    sim: Simulation, user: User, source: LocalMessage | View, *, block_id: str, action_id: str, text: str
) -> Json:
    payload = {
        **interaction("block_suggestion", user),
        "action_id": action_id,
        "block_id": block_id,
        "value": text,
    }
    if isinstance(source, View):
        return {**payload, "container": {"type": "view", "view_id": source.id}, "view": source.api()}
    channel = sim.workspace.channels[source.channel]
    payload |= {
        "container": {
            "type": "message",
            "message_ts": source.ts,
            "channel_id": channel.id,
            "is_ephemeral": source.ephemeral,
        },
        "channel": {"id": channel.id, "name": channel_name(channel)},
    }
    if not source.ephemeral:
        payload["message"] = sim.workspace.api_message(source, metadata=False)
    return payload


def shortcut(sim: Simulation, user: User, callback_id: str, message: LocalMessage | None) -> Json:
    kind = "shortcut" if message is None else "message_action"
    payload = interaction(kind, user)
    # Recorded shortcuts have no api_app_id and fewer keys for the user.
    del payload["api_app_id"]
    payload["user"] = (
        {"id": user.id, "username": user.name, "team_id": user.team_id}
        if message is None
        else {"id": user.id, "name": user.name}
    )
    payload |= {
        "callback_id": callback_id,
        "action_ts": sim.workspace.next_ts(),
        "trigger_id": sim.triggers.issue(user.id),
    }
    if message is not None:
        channel = sim.workspace.channels[message.channel]
        payload |= {
            "channel": {"id": channel.id, "name": channel_name(channel)},
            "message_ts": message.ts,
            "message": sim.workspace.api_message(message, metadata=False),
            "response_url": sim.responses.issue(channel, user.id),
        }
    return payload


def event(sim: Simulation, inner: Json, *, shared: bool = False) -> Json:
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": people.TEAM,
        "context_team_id": people.TEAM,
        "context_enterprise_id": None,
        "api_app_id": people.APP,
        "event": inner,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(sim.clock.now()),
        "event_context": f"4-{secrets.token_urlsafe(24)}",
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": people.TEAM,
                "user_id": people.BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
    }
