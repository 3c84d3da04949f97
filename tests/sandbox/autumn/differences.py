"""What the local Autumn does differently from the recorded one, and why."""

from collections.abc import Callable

from tests.sandbox.autumn.recording import Recorded

_OLD = ("2.0.0", "1.2", "1.1", "1.0", "0.2", "2025-04-17")


def _path(*starts: str) -> Callable[[Recorded], bool]:
    return lambda call: call.path.startswith(starts)


NOT_SERVED: dict[str, Callable[[Recorded], bool]] = {
    "the dashboard's own routes and sessions: Maple has a secret key": lambda call: call.session,
    "answers in the shapes of versions before 2.1: Maple pins 2.3.0": (
        lambda call: call.headers.get("x-api-version") in _OLD and "/coupons/" not in call.path
    ),
    "the older page of customers.list, by offset: Maple pins 2.3.0": (
        lambda call: call.headers.get("x-api-version") == "2.1.0" and call.path == "/v1/customers.list"
    ),
    "referrals: Maple has nothing to do with them": _path("/v1/referral"),
    "stored balances, undocumented: Maple reads customers.get": _path("/v1/balances/list"),
    "the older attach: Maple reads subscriptions, it sells none": _path("/v1/attach"),
    "the organisation's settings: Maple asks organization/me": lambda call: call.path == "/v1/organization",
}
DIFFERENCES: dict[int, tuple[str, list[str]]] = {
    319: (
        "of two rows of one flag entities.create answers the older, elsewhere it is the newer: of no use to "
        "Maple, which creates no entities",
        [".flags.sso.plan_id is 'pro_unpriced', recorded None"],
    ),
}
"""By call number: the reason, and the exact differences."""
