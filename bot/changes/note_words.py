"""Why a change is refused, and what to know before asking for it, in words."""

from collections.abc import Callable, Mapping

from bot.changes.model import NoteCode

Details = Mapping[str, str]
_FIELDS = {"name": "name", "email": "e-mail", "fingerprint": "fingerprint"}


def fields(names: list[str]) -> list[str]:
    return [_FIELDS.get(name, name) for name in names]


def _until_reset(of: Details) -> str:
    when = f" on {of['at']}" if of["at"] else ""
    more = "An allowance that is to stay wants a custom product in Autumn."
    return f"The edit lasts until the balance next resets{when}. {more}"


def _from_next_invoice(of: Details) -> str:
    return f"The discount shows from the next invoice{', ' + of['at'] if of['at'] else ''}."


def _next_charge(of: Details) -> str:
    when = f" on {of['at']}" if of["at"] else ""
    return f"Stripe will charge {of['total']} next{when}, before tax, unless cancelled there."


def _open_invoices(of: Details) -> str:
    if of.get("at_least"):
        return f"At least {of['count']} invoices are unpaid: {of['total']} or more stays due in Stripe."
    told = _several(of, "One invoice is unpaid", "{} invoices are unpaid")
    return f"{told}: {of['total']} stays due in Stripe."


def _several(of: Details, one: str, many: str) -> str:
    """`{}` in `many` stands for the number. Names in it may hold braces of their own."""
    return one if of["count"] == "1" else many.replace("{}", of["count"], 1)


def _keeps_charging(of: Details) -> str:
    one, at_least = of["count"] == "1", "at_least" in of
    number = ("at least one" if at_least else "a") if one else f"{'at least ' * at_least}{of['count']}"
    what = f"{number} subscription{'' if one else 's'}"
    unless = "it is" if one and not at_least else "they are"
    return f"*Stripe goes on charging for {what}* ({of['plans']}) unless {unless} cancelled there."


NOTES: Mapping[NoteCode, str | Callable[[Details], str]] = {
    NoteCode.NO_AMOUNT: "Say how many.",
    NoteCode.NOT_A_NUMBER: "This is not a number. Write it like 1,000, 1k, 2.5m or -40.",
    NoteCode.NOT_POSITIVE: "The amount must be more than 0.",
    NoteCode.NEGATIVE_USAGE: "Usage cannot be less than 0. To give more, use Give extra allowance.",
    NoteCode.TOO_LARGE: lambda of: f"The amount is too large: {of['most']} at most.",
    NoteCode.TOO_MANY_DECIMALS: lambda of: f"The amount has too many digits: {of['most']} decimals at most.",
    NoteCode.NOTHING_TO_DO: "This would change nothing: everything is so already.",
    NoteCode.FEATURE_IS_FLAG: lambda of: (
        f"{of['feature']} is either there or not, so it has no balance to change."
    ),
    NoteCode.FEATURE_NOT_HELD: lambda of: (
        f"The customer does not have {of['feature']}. Give them a product that has it, in Autumn."
    ),
    NoteCode.PAST_DUE_HIDDEN: lambda of: (
        f"Autumn hides the balance of {of['feature']} while {of['plan']} is past due. It can be changed once "
        "that is paid."
    ),
    NoteCode.UNLIMITED: lambda of: f"{of['feature']} is unlimited, so there is no balance to change.",
    NoteCode.ROW_GONE: lambda of: f"This part of {of['feature']} is no longer there. Pick another.",
    NoteCode.ENTITY_BALANCE: lambda of: (
        f"{of['feature']} is held by the customer's entities. Change it for each of them, in Autumn."
    ),
    NoteCode.ROLLOVERS_UNCLEAR: lambda of: (
        f"{of['feature']} has rolled-over units, and Autumn does not tell of which part, so only giving "
        "extra is safe."
    ),
    NoteCode.MORE_THAN_GRANTED: lambda of: (
        f"Only {of['most']} are granted now, so no more can be taken back."
    ),
    NoteCode.SEPARATORS: "This can be read in two ways. Write 1000 for a thousand, 1.5 for one and a half.",
    NoteCode.RESET_SINCE: "The balance has reset since, so there is nothing left to undo.",
    NoteCode.RESET_PAST: "The new reset date is past. Autumn would reset the balance at once.",
    NoteCode.RESET_TOO_FAR: lambda of: f"The new reset date is too far away: {of['latest']} at the latest.",
    NoteCode.RESET_ON_PAID: "This is paid for, so its reset date belongs to the billing and cannot be moved.",
    NoteCode.RESET_ONE_OFF: "This was given once and does not reset, so it has no reset date to move.",
    NoteCode.RESET_NEVER: "This never resets, so it has no reset date to move.",
    NoteCode.UNTIL_RESET: _until_reset,
    NoteCode.SEATS_BILLED: lambda of: (
        f"*{of['units']} more than now will be billed*, at once or on the next invoice: Autumn does not tell "
        "which."
    ),
    NoteCode.SEATS_LOWERED: lambda of: (
        f"{of['units']} fewer than now will be billed. If there is a credit, it comes at once or on the next "
        "invoice."
    ),
    NoteCode.OVERAGE_BILLED: lambda of: (
        f"{of['units']} more over the limit will be billed on the next invoice."
    ),
    NoteCode.OVERAGE_LOWERED: lambda of: (
        f"{of['units']} fewer over the limit will be billed on the next invoice."
    ),
    NoteCode.BECOMES_DEBT: lambda of: (
        f"The balance goes {of['units']} below zero: the customer must get so many before anything is left."
    ),
    NoteCode.ROW_VANISHES: "A grant with nothing left is no longer shown by Autumn.",
    NoteCode.ROW_EXPIRES: lambda of: (
        f"This part of the balance expires on {of['at']}, and the change with it."
    ),
    NoteCode.ROLLOVERS_FIRST: lambda of: f"{of['units']} of them come off what rolled over from before.",
    NoteCode.OTHER_ROWS: lambda of: _several(
        of,
        "The feature has one other part, which stays as it is.",
        "The feature has {} other parts, which stay as they are.",
    ),
    NoteCode.ENTITIES_COUNTED: "The feature's total also counts what entities hold, which stays as it is.",
    NoteCode.SAME_DAY: lambda of: (
        f"This is the {of['nth']} change to this balance today, {of['units']} in all."
    ),
    NoteCode.NO_REWARD: "Pick a coupon.",
    NoteCode.NO_CODE: "Type the promo code.",
    NoteCode.CODE_TOO_LONG: lambda of: f"A promo code has {of['most']} characters at most.",
    NoteCode.REWARD_UNKNOWN: lambda of: f"Autumn has no coupon {of['reward']} any more.",
    NoteCode.ALREADY_ACTIVE: lambda of: f"The customer has {of['name']} already.",
    NoteCode.NO_COUPON: "The customer has no coupon of their own to remove.",
    NoteCode.NOT_A_GRANT: lambda of: (
        f"This is a code of the coupon {of['name']}, which grants no features. Apply the coupon instead."
    ),
    NoteCode.GRANT_UNKNOWN: "Autumn has no feature grant with this code. Codes must match letter for letter.",
    NoteCode.ALREADY_REDEEMED: lambda of: (
        f"This customer has redeemed {of['promo']} before, and each customer can do that once."
    ),
    NoteCode.MOVED_SINCE: "The customer's coupon is another one by now, so this cannot be undone.",
    NoteCode.REPLACES: lambda of: f"This replaces {of['name']}: a customer has one coupon of their own.",
    NoteCode.OTHER_PLANS: lambda of: (
        f"This coupon is only for {of['plans']}, which the customer does not have: no discount until they do."
    ),
    NoteCode.SUBSCRIPTION_DISCOUNTS: lambda of: (
        f"A subscription has a discount of its own ({of['names']}). It stays, and the customer's coupon "
        "does not reach it."
    ),
    NoteCode.FROM_NEXT_INVOICE: _from_next_invoice,
    NoteCode.NO_EFFECT: "It takes nothing off the invoices that are coming.",
    NoteCode.OTHER_CURRENCY: lambda of: (
        f"This coupon is an amount in {of['currency']}: it takes nothing off invoices in {of['currencies']}."
    ),
    NoteCode.CURRENCY_UNKNOWN: lambda of: (
        "Autumn does not say which currency this coupon is in. The estimate takes it to be "
        f"{of['currencies']}; if it is another one, nothing is taken off."
    ),
    NoteCode.TAKES_LESS: lambda of: (
        f"*{of['name']} takes more off.* Of the invoices that are coming, it takes {of['off_now']} and the "
        f"new coupon {of['off']}."
    ),
    NoteCode.AT_NEXT_CHECKOUT: "No invoice is coming: the discount shows at the next checkout link.",
    NoteCode.STARTS_AFRESH: lambda of: f"{of['name']} starts anew: its time begins again from now.",
    NoteCode.NAME_TOO_LONG: lambda of: f"The name has {of['most']} characters at most.",
    NoteCode.EMAIL_TOO_LONG: lambda of: f"The e-mail address has {of['most']} characters at most.",
    NoteCode.FINGERPRINT_TOO_LONG: lambda of: f"The fingerprint has {of['most']} characters at most.",
    NoteCode.BAD_EMAIL: "This is not an e-mail address.",
    NoteCode.BAD_TEXT: lambda of: f"The {of['field']} holds characters that cannot be seen.",
    NoteCode.ALSO_IN_STRIPE: lambda of: f"The {of['fields']} changes in Stripe too.",
    NoteCode.NOT_CLEARED_IN_STRIPE: lambda of: (
        f"The {of['fields']} is cleared in Autumn only: Stripe keeps what it has."
    ),
    NoteCode.SAME_EMAIL: lambda of: _several(
        of,
        "Another customer has this e-mail address too.",
        "{} other customers have this e-mail address too.",
    ),
    NoteCode.ID_NOT_TYPED: "This is not the customer's id. Type it exactly as shown.",
    NoteCode.KEEPS_CHARGING: _keeps_charging,
    NoteCode.NEXT_CHARGE: _next_charge,
    NoteCode.OPEN_INVOICES: _open_invoices,
    NoteCode.HAS_ENTITIES: lambda of: _several(
        of,
        "One entity goes with it.",
        "At least {} entities go with it." if "at_least" in of else "{} entities go with it.",
    ),
    NoteCode.BALANCES_LOST: lambda of: _several(
        of, "The balance of one feature is lost.", "The balances of {} features are lost."
    ),
    NoteCode.OTHER_CUSTOMER: "Autumn answered with another customer, so nothing is done.",
    NoteCode.RECREATED: (
        "This customer was deleted since, and another one was created with the same id. Look at the new one "
        "first, and ask again if it is still wanted."
    ),
    NoteCode.OLD_ID: (
        "This customer's id is of an old form, with which Autumn takes changes of balances, coupons and "
        "promo codes only. Do this in Autumn's dashboard."
    ),
    NoteCode.NO_UNDO: "This cannot be undone.",
    NoteCode.STRIPE_UNREAD: "Stripe could not be asked, so coming charges are not listed here.",
}
"""Arguments are as the details of each code say, every one safe to show where it goes."""
