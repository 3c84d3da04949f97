"""auth, users, usergroups, bots, team."""

from sandbox.slack import people
from sandbox.slack.api.method import Args, method, need, page_of
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, UserGroup
from sandbox.slack.simulation import Simulation


@method("api.test")
def api_test(sim: Simulation, args: Args) -> Json:  # noqa: ARG001
    return {"args": args.values}


@method("auth.test")
def auth_test(sim: Simulation, args: Args) -> Json:  # noqa: ARG001
    return {
        "url": f"{sim.base}/",
        "team": people.TEAM_NAME,
        "user": sim.workspace.bot.name,
        "team_id": people.TEAM,
        "user_id": people.BOT_USER,
        "bot_id": people.BOT,
        "is_enterprise_install": False,
    }


@method("users.info", scope="users:read")
def users_info(sim: Simulation, args: Args) -> Json:
    user = sim.workspace.users.get(args.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    locale = args.flag("include_locale")
    return {"user": user.api(sim.clock.now(), email=_addresses(sim), locale=locale)}


@method("users.list", scope="users:read")
def users_list(sim: Simulation, args: Args) -> Json:
    now, email = sim.clock.now(), _addresses(sim)
    members = [user.api(now, email=email) for user in sim.workspace.users.values()]
    return {**page_of(members, args, "members"), "cache_ts": int(now)}


@method("users.lookupByEmail", scope="users:read.email")
def users_lookup_by_email(sim: Simulation, args: Args) -> Json:
    email = args.required("email")
    for user in sim.workspace.users.values():
        if user.email == email and not user.is_stranger:
            return {"user": user.api(sim.clock.now(), email=True)}
    raise SlackError("users_not_found")


@method("usergroups.list", scope="usergroups:read")
def usergroups_list(sim: Simulation, args: Args) -> Json:
    with_users = args.flag("include_users")
    return {"usergroups": [_group(group, with_users) for group in sim.workspace.groups.values()]}


@method("usergroups.users.list", scope="usergroups:read")
def usergroups_users_list(sim: Simulation, args: Args) -> Json:
    group = sim.workspace.groups.get(args.required("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


@method("bots.info", scope="users:read")
def bots_info(sim: Simulation, args: Args) -> Json:
    if args.text("bot", people.BOT) != people.BOT:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": people.BOT,
            "deleted": False,
            "name": sim.manifest.bot_name,
            "updated": 1_700_000_000,
            "app_id": people.APP,
            "user_id": people.BOT_USER,
            "icons": {},
        }
    }


@method("team.info")
def team_info(sim: Simulation, args: Args) -> Json:
    need(sim, "team:read")
    if args.text("team", people.TEAM) != people.TEAM:
        raise SlackError("team_not_found")
    return {
        "team": {
            "id": people.TEAM,
            "name": people.TEAM_NAME,
            "domain": people.TEAM_DOMAIN,
            "url": f"{sim.base}/",
            "email_domain": "northwind.example",
            "icon": {},
        }
    }


def _addresses(sim: Simulation) -> bool:
    return "users:read.email" in sim.scopes


def _group(group: UserGroup, with_users: bool) -> Json:
    answer: Json = {
        "id": group.id,
        "team_id": people.TEAM,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_delete": 0,
        "user_count": len(group.users),
    }
    return {**answer, "users": list(group.users)} if with_users else answer
