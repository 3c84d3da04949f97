"""conversations.*: channels as the bot may see them."""

from sandbox.slack import people
from sandbox.slack.api.method import Args, method, need, page_of
from sandbox.slack.errors import SlackError
from sandbox.slack.model import ChannelKind, Json, LocalChannel, LocalMessage
from sandbox.slack.simulation import Simulation

FAMILY: dict[ChannelKind, str] = {
    "public": "channels",
    "shared": "channels",
    "private": "groups",
    "im": "im",
}
"""Kind of channel → the first part of its scopes, as in `channels:read`."""

TYPES: dict[ChannelKind, str] = {
    "public": "public_channel",
    "shared": "public_channel",
    "private": "private_channel",
    "im": "im",
}


@method("conversations.info")
def info(sim: Simulation, args: Args) -> Json:
    return {"channel": _describe(sim, _readable(sim, args, "read"), args.flag("include_num_members"))}


@method("conversations.members")
def members(sim: Simulation, args: Args) -> Json:
    channel = _readable(sim, args, "read")
    page = page_of([{"id": member} for member in channel.members], args, "members")
    return {**page, "members": [member["id"] for member in page["members"]]}


@method("conversations.list")
def listing(sim: Simulation, args: Args) -> Json:
    types = args.names("types") or ["public_channel"]
    scopes = {TYPES[kind]: f"{family}:read" for kind, family in FAMILY.items()}
    for type_name in types:
        if type_name == "mpim":
            need(sim, "mpim:read")
        elif type_name not in scopes:
            raise SlackError("invalid_types")
        else:
            need(sim, scopes[type_name])
    channels = [
        _describe(sim, channel, True)
        for channel in sim.workspace.channels.values()
        if TYPES[channel.kind] in types
        and (channel.kind in ("public", "shared") or sim.workspace.bot.id in channel.members)
        and not (channel.archived and args.flag("exclude_archived"))
    ]
    return page_of(channels, args, "channels")


@method("users.conversations")
def users_conversations(sim: Simulation, args: Args) -> Json:
    """The channels of the bot or, with `user`, of a person; private ones only if the bot is a member."""
    bot = sim.workspace.bot.id
    member = args.text("user") or bot
    if member not in sim.workspace.users:
        raise SlackError("user_not_found")
    types = args.names("types") or ["public_channel"]
    for kind in types:
        if kind not in TYPES.values():
            raise SlackError("invalid_types")
    for kind, family in FAMILY.items():
        if TYPES[kind] in types:
            need(sim, f"{family}:read")
    channels = [
        {name: value for name, value in _describe(sim, channel, False).items() if name != "is_member"}
        for channel in sim.workspace.channels.values()
        if TYPES[channel.kind] in types
        and member in channel.members
        and (channel.kind in ("public", "shared") or bot in channel.members)
        and not (channel.archived and args.flag("exclude_archived"))
    ]
    return page_of(channels, args, "channels")


@method("conversations.open")
def open_im(sim: Simulation, args: Args) -> Json:
    need(sim, "im:write")
    users = args.names("users")
    if not users and args.text("channel"):
        channel = sim.workspace.reachable(args.text("channel"))
        return {"channel": {"id": channel.id}}
    if len(users) != 1:
        raise SlackError("mpim_not_supported" if users else "users_list_not_supplied")
    user = sim.workspace.users.get(users[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.kind == "bot":
        raise SlackError("cannot_dm_bot")
    channel = sim.workspace.im(user.id, sim.workspace.bot.id)
    if args.flag("return_im"):
        return {"channel": _describe(sim, channel, False)}
    return {"channel": {"id": channel.id}}


@method("conversations.history")
def history(sim: Simulation, args: Args) -> Json:
    channel = _readable(sim, args, "history")
    _member(sim, channel)
    return _messages(
        sim, args, [message for message in sim.workspace.history(channel.id) if not message.thread_ts]
    )


@method("conversations.replies")
def replies(sim: Simulation, args: Args) -> Json:
    channel = _readable(sim, args, "history")
    _member(sim, channel)
    root = sim.workspace.find(channel.id, args.required("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    return _messages(sim, args, [root, *sim.workspace.replies(root)], newest_first=False)


def _readable(sim: Simulation, args: Args, right: str) -> LocalChannel:
    """Finds the channel first, since its kind decides which scope is needed."""
    channel = sim.workspace.reachable(args.required("channel"))
    need(sim, f"{FAMILY[channel.kind]}:{right}")
    return channel


def _member(sim: Simulation, channel: LocalChannel) -> None:
    if sim.workspace.bot.id not in channel.members:
        raise SlackError("not_in_channel")


def _messages(
    sim: Simulation, args: Args, messages: list[LocalMessage], *, newest_first: bool = True
) -> Json:
    oldest, latest = float(args.text("oldest") or 0), float(args.text("latest") or "inf")
    inclusive = args.flag("inclusive")
    matching = [
        message
        for message in messages
        if oldest < float(message.ts) < latest or (inclusive and float(message.ts) in (oldest, latest))
    ]
    metadata = args.flag("include_all_metadata")
    answers = [sim.workspace.api_message(message, metadata=metadata) for message in matching]
    page = page_of(answers[::-1] if newest_first else answers, args, "messages")
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"]), "pin_count": 0}


def _describe(sim: Simulation, channel: LocalChannel, count_members: bool) -> Json:
    bot = sim.workspace.bot.id
    if channel.kind == "im":
        member_id = channel.with_user(bot)
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "user": member_id,
            "is_archived": False,
        }
    shared = channel.kind == "shared"
    answer: Json = {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_archived": channel.archived,
        "is_general": False,
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": bot in channel.members,
        "created": channel.created,
        "creator": "U04MAX",
        "context_team_id": people.TEAM,
        "shared_team_ids": [people.TEAM, people.OTHER_TEAM] if shared else [people.TEAM],
        "topic": {"value": channel.topic, "creator": "U04MAX", "last_set": channel.created},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    if count_members:
        answer["num_members"] = len(channel.members)
    return answer
