"""Digests with a name, to a person, with a mention, and only when something is new."""

from datetime import timedelta

from bot.access.post_targets import Pause, PersonProblem
from bot.digests import setup_words, words
from bot.timings import Timeouts
from sandbox.slack import LocalPerson
from sandbox.slack.model import LocalMessage
from tests.journeys.digesting import (
    COMING,
    FORM,
    create_digest,
    digesting,
    open_list,
    pass_time,
    pass_time_and_settle,
    pass_time_until_due,
    posted_digests,
    set_up_digest,
    settle_digests,
)
from tests.running import Mode, Running
from tests.screen import on_screen

LEADS_SET_UP = '[digests]\nwho = ["@billing-leads"]\n'


def personal_digests(maple: Running) -> list[LocalMessage]:
    """Digests in direct messages."""
    channels = {post.channel for post in maple.slack.workspace.posts if post.channel.startswith("D")}
    return [post for channel in channels for post in posted_digests(maple, channel)]


async def pass_time_until_persons_digest(maple: Running, target: str) -> None:
    """Moves the clocks to when the person's only digest is due, and waits for it."""
    (digest,) = await maple.bot.services.digests.of_person(target)
    pass_time(maple, digest.next_due - maple.clock.now() + timedelta(seconds=1))
    await settle_digests(maple)


async def new_form(person: LocalPerson) -> None:
    await open_list(person)
    await person.click(setup_words.NEW)
    await person.sees(FORM)


async def test_named_digest_goes_to_a_person_and_mentions_a_group(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        ana, lea = maple.ana, maple.lea
        await new_form(ana)
        await ana.fill(setup_words.FIELD_NAME, "Dunning")
        await ana.choose(setup_words.FIELD_PERSON, "lea")
        await ana.choose(setup_words.FIELD_MENTION, "raj")
        assert await ana.type_ahead(setup_words.FIELD_GROUP, "bill") == ["@billing-leads"]
        await ana.choose(setup_words.FIELD_GROUP, "billing-leads")
        await ana.submit()
        screen = await ana.sees("The first post comes")
        assert setup_words.sent_to("@lea") in screen
        assert "Dunning · Weekdays at 09:00" in screen.replace("*", "")
        await pass_time_until_persons_digest(maple, lea.id)
        (post,) = personal_digests(maple)
        assert posted_digests(maple) == []
        lea.go("@maple")
        message = await lea.sees(words.named("Dunning", "Coming up in the next"))
        assert "@raj @billing-leads, please look at: unpaid (" in message
        await lea.click(words.DOWNLOAD)
        await lea.sees("[file: maple-digest-")
        assert [file.channel for file in maple.slack.workspace.posts if file.files] == [post.channel]


async def test_digest_cannot_go_to_a_guest(maple: Running) -> None:
    ana = maple.ana
    await set_up_digest(
        ana, person="gus", sees=setup_words.PERSON_PROBLEMS[PersonProblem.NOT_MEMBER].partition(": ")[2]
    )
    assert await maple.bot.services.digests.all() == []


async def test_person_who_cannot_be_checked_gets_no_digest(maple: Running) -> None:
    await maple.lea.open_home()
    await maple.ana.open_home()
    await new_form(maple.ana)
    await maple.ana.choose(setup_words.FIELD_PERSON, "max")
    maple.slack.faults.add("users.info", "error", error="fatal_error", times=None)
    await maple.ana.submit()
    await maple.ana.sees(setup_words.PERSON_PROBLEMS[PersonProblem.UNCHECKED].partition(": ")[2])


async def test_digest_pauses_when_its_person_becomes_a_guest() -> None:
    async with digesting("http", timeouts=Timeouts(person=0.0), alike=0) as maple:
        ana = maple.ana
        await create_digest(maple, maple.lea.id, owner="ana")
        maple.slack.workspace.users[maple.lea.id].kind = "guest"
        await pass_time_until_persons_digest(maple, maple.lea.id)
        assert personal_digests(maple) == []
        ana.go("@maple")
        assert setup_words.PAUSES[Pause.LEFT] in await ana.sees("Your digest to @lea is paused")
        ana.go("#support")
        await open_list(ana)
        await ana.click(setup_words.RESUME)
        await ana.sees(setup_words.PERSON_PROBLEMS[PersonProblem.NOT_MEMBER].partition(": ")[2])


async def test_digest_in_a_direct_message_is_for_whoever_sets_it_up() -> None:
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        ana.go("@maple")
        await open_list(ana)
        await ana.click(setup_words.NEW)
        assert f"{setup_words.FIELD_ONLY_PERSON}: [@ana" in await ana.sees(FORM)
        await ana.submit()
        await ana.sees("The first post comes")
        await ana.click(setup_words.SEND, confirm=True)
        await ana.sees(setup_words.SENT_TO_PERSON.partition(": ")[2])
        await ana.close()
        await ana.sees(COMING)


async def test_digest_of_two_people_is_nobody_elses() -> None:
    async with digesting("http", alike=0) as maple:
        lea, raj = maple.lea, maple.raj
        await create_digest(maple, lea.id, owner="ana")
        assert setup_words.sent_to("@lea") not in await open_list(raj)
        await open_list(lea, sees=setup_words.sent_to("@lea"))
        (digest,) = await maple.bot.services.digests.of_person(lea.id)
        await lea.click(setup_words.PAUSE)
        await lea.sees(setup_words.NOTES[setup_words.DigestNote.PAUSED].partition(": ")[2])
        forged = [sent for sent in maple.slack.sent if sent.payload.get("type") == "block_actions"][
            -1
        ].payload
        trigger = maple.slack.simulation.triggers.issue(raj.id)
        user = {**forged["user"], "id": raj.id}
        for action in ("digest_resume", "digest_edit", "digest_send"):
            button = {**forged["actions"][0], "action_id": f"{action}:0"}
            payload = forged | {"user": user, "actions": [button], "trigger_id": f"{trigger}{action}"}
            await maple.slack.deliveries.send("interactive", payload)
            await settle_digests(maple)
            await lea.sees(on_screen(setup_words.NOTES[setup_words.DigestNote.NOT_THEIRS]))
        stored = await maple.bot.services.digests.get(digest.id)
        assert stored is not None
        assert stored.pause is Pause.ASKED
        assert personal_digests(maple) == []


async def test_digest_is_posted_again_only_when_something_is_new() -> None:
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        await new_form(ana)
        await ana.choose("Sections", "Past due")
        await ana.choose("On which days", *words.WEEKDAYS)
        await ana.choose(setup_words.FIELD_EMPTY, setup_words.SKIP_UNCHANGED)
        await ana.submit()
        assert words.ONLY_NEW in await ana.sees("The first post comes")
        await ana.close()
        await pass_time_until_due(maple)
        await ana.sees(COMING)
        await settle_digests(maple)
        for _ in range(3):
            await pass_time_and_settle(maple, timedelta(days=1))
        assert len(posted_digests(maple)) == 1
        maple.autumn.mark_past_due("cus_acme")
        await pass_time_and_settle(maple, timedelta(days=1))
        assert len(posted_digests(maple)) == 2
        assert "new: Acme Ltd" in posted_digests(maple)[-1].text
