"""What people do with Maple on a normal day, as material for forged payloads."""

from collections.abc import Awaitable, Callable

from bot.alerts import words as alert_words
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.batches import words as batch_words
from bot.changes.forms import words as forms_words
from bot.lookups.finder import words as finder_words
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalPerson, LocalSlack
from tests.journeys.changing import request_messages, request_new_name, request_undo
from tests.screen import on_screen

LOOKED_UP = (
    ("/autumn cus_acme", "1 unpaid invoice"),
    ("/autumn invoices cus_acme", "invoices"),
    ("/autumn events cus_acme", "Events"),
    ("/autumn features cus_acme", "AI Credits"),
    ("/autumn entities cus_piedpiper", "workspace_1"),
    ("/autumn find a", "cus_"),
    ("/autumn list", finder_words.DOWNLOAD),
    ("/autumn history cus_acme", "Waiting"),
    ("/autumn reward cus_acme", "Coupon"),
    ("/autumn delete cus_bold", "in full"),
    ("/autumn upcoming", "Coming up"),
)
_RIGHT = "cus_html,messages,5\ncus_rtl,messages,5"
_WRONG = f"{_RIGHT}\nnobody,messages,5\ncus_date,messages,five"


async def walk(slack: LocalSlack, autumn: LocalAutumn, idle: Callable[[], Awaitable[None]]) -> None:
    """`idle`: waits until Maple has nothing left to do."""
    ana, lea = slack.person("ana"), slack.person("lea")
    await _change(ana, lea)
    await _list(ana, lea)
    autumn.faults.add("customers.update", "cut_before", times=1)
    await _unconfirmed(ana, lea)
    for number, customer in enumerate(("cus_bold", "cus_stark", "cus_empty")):
        await request_new_name(ana, f"Holdings {number}", customer=customer)
        await ana.sees(f"→ Holdings {number}")
    await request_messages(ana, "500")
    await ana.sees("0 of 1 approval")
    for line, words in LOOKED_UP:
        ana.reload()
        await ana.command(line)
        await ana.sees(words)
    await _posts(lea)
    for person in (ana, lea):
        await person.open_home()
    await idle()


async def _change(ana: LocalPerson, lea: LocalPerson) -> None:
    """Two changes are requested: one is denied, the other is applied, and its undo requested."""
    await request_messages(ana, "100", customer="cus_gekko")
    await ana.sees("0 of 1 approval")
    lea.go("#billing")
    await lea.sees("Give 100")
    await lea.click(approvals_words.DENY)
    await lea.sees(approvals_words.DENY_TITLE)
    await lea.fill(approvals_words.REASON, "Not this month")
    await lea.submit()
    await request_messages(ana, "200", customer="cus_gekko")
    await lea.sees("Give 200")
    await lea.click(approvals_words.APPROVE)
    await lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await ana.close()
    ana.go("@maple")
    await ana.sees(f"[{approvals_words.UNDO}]")
    await request_undo(ana)
    await lea.sees("Undo: balance change")


async def _unconfirmed(ana: LocalPerson, lea: LocalPerson) -> None:
    await request_new_name(ana, "In doubt", customer="cus_tyrell")
    await lea.sees("→ In doubt")
    await lea.click(approvals_words.APPROVE)
    await lea.sees(f"[{approvals_words.CHECK_AGAIN}]")
    await ana.close()


async def _list(ana: LocalPerson, lea: LocalPerson) -> None:
    """One list is applied and its undo requested, one is denied, one waits, one has wrong lines, and one is
    gathered."""
    ana.go("#support")
    await _bulk(ana, _RIGHT)
    await lea.sees(f"[{approvals_words.APPROVE}]")
    await lea.click(approvals_words.APPROVE)
    await lea.sees("2 of 2 applied")
    ana.go("@maple")
    await ana.sees(batch_words.csv_comment(2, ended=True))
    await ana.click(batch_words.UNDO)
    await ana.sees(approvals_words.UNDO_HINT)
    await ana.fill(approvals_words.REASON, "The wrong list")
    await ana.submit()
    ana.go("#support")
    await _bulk(ana, "cus_noemail,messages,5")
    await lea.sees("No Email Ltd")
    await lea.click(approvals_words.DENY)
    await lea.sees(approvals_words.DENY_HINT)
    await lea.fill(approvals_words.REASON, "Not this month")
    await lea.submit()
    await _bulk(ana, "cus_gekko,messages,5")
    await _check(ana, _WRONG)
    await ana.sees(batch_words.LEAVE_OUT)
    await ana.close()
    await ana.command("/autumn balance cus_northwind")
    await ana.sees(forms_words.FEATURE)
    await ana.choose(forms_words.FEATURE, "Messages")
    await ana.fill("Amount", "500")
    await ana.sees(f"[{forms_words.GATHER}]")
    await ana.fill(forms_words.REASON, "The outage")
    await ana.click(forms_words.GATHER)
    await ana.sees(on_screen(batch_words.GATHERED))
    await ana.close()


async def _check(person: LocalPerson, lines: str) -> None:
    await person.command("/autumn bulk")
    await person.sees(batch_words.LIST)
    await person.fill(batch_words.LIST, lines)
    await person.fill(forms_words.REASON, "The outage")
    await person.submit()


async def _bulk(person: LocalPerson, lines: str) -> None:
    await _check(person, lines)
    await person.sees(batch_words.SEND)
    await person.click(batch_words.SEND)
    await person.sees(batch_words.REQUESTED)
    await person.close()


async def _posts(person: LocalPerson) -> None:
    """Someone sets up a digest and an alert."""
    person.go("#support")
    await person.command("/autumn digest")
    await person.sees("A digest is a regular post")
    await person.click("New digest")
    await person.sees("At what time")
    await person.submit()
    await person.sees("The first post comes")
    await person.close()
    await person.command("/autumn alerts")
    await person.sees(alert_words.NEW)
    await person.click(alert_words.NEW)
    await person.sees(alert_words.FIELD_SOURCES)
    await person.submit()
    await person.sees("The alert is set up")
    await person.close()
