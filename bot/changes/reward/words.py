"""What people read about coupons and promo codes."""

from enum import StrEnum

from bot.changes import words
from bot.changes.lines import LineLabel, LineStyle, billing_day, name
from bot.changes.notes import Details, NoteCode


class RewardAction(StrEnum):
    APPLY = "apply"
    ATTACH = "attach"
    """To one subscription."""
    REDEEM = "redeem"
    REMOVE = "remove"


BUTTON = "Change reward"
TITLE = "Change reward"
HEADING = "Reward change"
HELP = "apply or remove a coupon, apply one to one subscription, or redeem a promo code"
LINE_USAGE = "a coupon and apply or remove, or a promo code and redeem"
"""Of a line of a list."""

REWARD_ACTIONS = {
    RewardAction.APPLY: ("Apply a coupon", "A discount on what the customer pays"),
    RewardAction.ATTACH: ("Apply a coupon to one subscription", "A discount on what that subscription bills"),
    RewardAction.REDEEM: ("Redeem a promo code", "Gives features, by its code"),
    RewardAction.REMOVE: ("Remove the coupon", "Takes the customer's own discount away"),
}
COUPON = "Coupon"
PICK_COUPON = "Pick a coupon"
CODE = "Promo code"
CODE_HINT = "Letter for letter, as it is in Autumn."
NO_COUPONS = "Autumn has no coupons. Create one in its dashboard first."
NO_DISCOUNTS = "*Discounts*\nNone."
DISCOUNTS_UNREAD = "*Discounts*\nNot read from Stripe."
ALL_PLANS = "all products"

NO_GRANT = "Maple checked in Autumn: the grant isn't there."
PART_OF_GRANT = "Maple checked in Autumn: what is there isn't what the grant should give."

NOT_ATTACHED = "Maple checked in Autumn: no subscription has this coupon."
ATTACHED = "Maple checked in Autumn: a subscription has this coupon."

REMOVE_COUPON = "Remove the coupon"


def apply_coupon(coupon: str) -> str:
    return f"Apply the coupon {coupon}"


def attach_coupon(coupon: str, product: str) -> str:
    return f"Apply the coupon {coupon} to the subscription to {product}"


def redeem(code: str) -> str:
    return f"Redeem the promo code {code}"


def off(value: str) -> str:
    return f"{value} off"


class RewardLine(LineLabel):
    COUPON = "coupon", "Coupon"
    """The customer's own discount."""
    ATTACHED = "coupon_on_subscription", "Coupon on", LineStyle(no_before="", about=name)
    """`about` is the product of the subscription."""
    NEXT_INVOICE = "next_invoice", "Next invoice", LineStyle(about=billing_day)
    """Its total; `about` is its time."""
    GRANT = (
        "grant",
        "Grant",
        LineStyle(
            no_before="", no_after="given", about=lambda about, names: words.of_feature(name(about, names))
        ),
    )
    """What a feature grant gives; `about` is the feature's id."""
    CODE = "code", "Promo code", LineStyle(no_before="")


def _from_next_invoice(of: Details) -> str:
    return f"The discount shows from the next invoice{', ' + of.billing_day('at') if 'at' in of else ''}."


class RewardNote(NoteCode):
    # Refusals
    NO_REWARD = "no_reward", "Pick a coupon."
    NO_CODE = "no_code", "Enter the promo code."
    CODE_TOO_LONG = (
        "code_too_long",
        lambda of: f"A promo code can have up to {of.number('most')} characters.",
    )
    REWARD_UNKNOWN = (
        "reward_unknown",
        lambda of: f"Autumn no longer has the coupon {of.text('reward')}.",
    )
    ALREADY_ACTIVE = "already_active", lambda of: f"The customer already has {of.text('name')}."
    NOT_BILLED = "not_billed", "This product is free, so a coupon on it would do nothing."
    NOT_FOR_PRODUCT = "not_for_product", lambda of: f"This coupon is only for {of.names('plans')}."
    ALREADY_ATTACHED = (
        "already_attached",
        lambda of: (
            f"A subscription of the customer already has {of.text('name')}, and Autumn doesn't say which. "
            "If another is to have it too, add it in Stripe."
        ),
    )
    ANOTHER_COUPON = "another_coupon", lambda of: f"The customer's coupon is {of.text('name')}."
    NO_COUPON = "no_coupon", "The customer has no coupon of their own to remove."
    NOT_A_GRANT = (
        "not_a_grant",
        lambda of: (
            f"This code belongs to the coupon {of.text('name')}, which gives no features. Apply the coupon "
            "instead."
        ),
    )
    GRANT_UNKNOWN = (
        "grant_unknown",
        "Autumn has no promo code like this. Codes must match letter for letter.",
    )
    ALREADY_REDEEMED = (
        "already_redeemed",
        lambda of: (
            f"This customer has already redeemed {of.text('promo')}. Each customer can redeem it only once."
        ),
    )
    MOVED_SINCE = (
        "moved_since",
        "The customer has a different coupon by now, so this can't be undone.",
    )
    # Warnings
    REPLACES = (
        "replaces",
        lambda of: f"This replaces {of.text('name')}: a customer can have only one coupon of their own.",
    )
    OTHER_PLANS = (
        "other_plans",
        lambda of: (
            f"This coupon is only for {of.names('plans')}, which the customer doesn't have: no discount "
            "until they do."
        ),
    )
    SUBSCRIPTION_DISCOUNTS = (
        "subscription_discounts",
        lambda of: (
            f"A subscription has a discount of its own ({of.names('names')}). It stays, and the customer's "
            "coupon doesn't apply to that subscription."
        ),
    )
    BILLED_TOGETHER = (
        "billed_together",
        lambda of: f"*It also discounts {of.names('products')}*, billed on the same invoice.",
    )
    OWN_STEPS_ASIDE = (
        "own_steps_aside",
        lambda of: f"The customer's own coupon {of.text('name')} no longer applies to this subscription.",
    )
    STAYS_ATTACHED = (
        "stays_attached",
        "This can't be undone here: Autumn can't take a coupon off a subscription. Do that in Stripe.",
    )
    FROM_NEXT_INVOICE = "from_next_invoice", _from_next_invoice
    NO_EFFECT = "no_effect", "It takes nothing off the upcoming invoices."
    OTHER_CURRENCY = (
        "other_currency",
        lambda of: (
            f"This coupon is an amount in {of.text('currency')}: it takes nothing off invoices in "
            f"{of.text('currencies')}."
        ),
    )
    CURRENCY_UNKNOWN = (
        "currency_unknown",
        lambda of: (
            "Autumn doesn't say which currency this coupon is in. The estimate assumes "
            f"{of.text('currencies')}; in any other, it takes nothing off."
        ),
    )
    TAKES_LESS = (
        "takes_less",
        lambda of: (
            f"*{of.text('name')} takes more off.* It takes {of.money('off_now')} off the upcoming invoices, "
            f"and the new coupon {of.money('off')}."
        ),
    )
    AT_NEXT_CHECKOUT = (
        "at_next_checkout",
        "No invoice is coming: the discount shows at the next checkout link.",
    )
    INVOICE_AT_START = (
        "invoice_at_start",
        lambda of: (
            f"The next invoice comes when {of.text('product')} starts on {of.billing_day('at')}. Autumn "
            "doesn't preview it, so Maple can't tell what the discount takes off it."
        ),
    )
    STRIPE_ONLY = (
        "stripe_only",
        lambda of: (
            f"{of.text('name')} is not among Autumn's coupons, so this can't be undone here: apply it again "
            "in Stripe."
        ),
    )
    STARTS_AFRESH = "starts_afresh", lambda of: f"{of.text('name')} restarts: its duration begins now."
