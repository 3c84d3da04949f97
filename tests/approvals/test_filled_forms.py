"""The values of a form are kept with its request for a while."""

from dataclasses import replace

from bot.approvals import filled_forms
from bot.approvals.filled_forms import REMEMBERED, FilledForm
from bot.approvals.results import Result
from bot.changes.forms.fields import why_values
from bot.lookups.place import Place
from tests.approvals.harness import CUSTOMER, NOW, Harness

PLACE = Place(customer=CUSTOMER, feature="messages")


def filled_form(submission: str, amount: str) -> FilledForm:
    return FilledForm(submission, "balance", PLACE, {"amount": {"form:amount": {"value": amount}}})


async def test_form_of_a_request_is_as_last_submitted(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = harness.request()
    harness.permissions.reason_required = True
    refused = await service.submit(replace(request, reason="", form=filled_form(request.submission_id, "9")))
    assert refused.result is Result.NO_REASON
    submitted = filled_form(request.submission_id, "100")
    record = (await service.submit(replace(request, form=submitted))).record
    assert record is not None
    assert await service.form_of(record) == submitted


async def test_expired_form_leaves_the_reason_and_the_feature(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = replace(harness.request(), ticket="https://tickets.example/1")
    record = (await service.submit(replace(request, form=filled_form(request.submission_id, "100")))).record
    assert record is not None
    await filled_forms.forget(harness.database, NOW)
    assert (await service.form_of(record)).values != {}
    await service.sweeper.sweep(NOW + REMEMBERED, "forgetting")
    assert await service.form_of(record) == FilledForm(
        record.id,
        "balance",
        PLACE,
        why_values("so", "https://tickets.example/1"),
    )
