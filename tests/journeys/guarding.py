"""What is typed into the forms for changes, and which note their guards show."""

from dataclasses import dataclass
from datetime import timedelta

from bot.changes.amounts import AmountNote
from bot.changes.balance.words import BalanceNote
from bot.changes.deletion.words import DeletionNote
from bot.changes.details.words import DetailsNote
from bot.changes.notes import CommonNote, NoteCode
from bot.changes.reward.words import RewardNote
from tests.journeys.changing import ACTION, FormSetup

_PICKED = (
    "Feature",
    "Source",
    ACTION,
    "Coupon",
    "Final confirmation",
    "Subscription",
    "What the customer gets for the rest",
    "When the difference is billed",
    "New product",
    "Product to add",
    "When",
    "What the customer keeps of the balances",
)
_DATES = ("New reset date", "New end of the trial")
_REASON = ("Reason", "x")


@dataclass(frozen=True)
class NoteCase:
    code: NoteCode
    line: str
    """The command that opens the form."""
    note: str
    filled: tuple[tuple[str, str], ...] = ()
    """Labels, and what is picked or typed; a date as days from now."""
    submits: bool = False
    """Whether the note appears only when the form is submitted."""


async def fill_in(at: FormSetup, case: NoteCase) -> None:
    """Ana fills in the form and reads the note. Without a command: the form that is open."""
    if case.line:
        await at.ana.command(case.line)
    for label, entry in (*case.filled, *([_REASON] if case.submits else [])):
        if label in _DATES:
            moment = at.clock.now() + timedelta(days=int(entry))
            await at.ana.choose(label, str(int(moment.timestamp())))
        elif label in _PICKED:
            await at.ana.choose(label, entry)
        else:
            await at.ana.fill(label, entry)
    if case.submits:
        await at.ana.submit()
    await at.ana.sees(case.note)


def _balance(
    code: NoteCode, note: str, customer: str, feature: str, *filled: tuple[str, str], submits: bool = False
) -> NoteCase:
    return NoteCase(code, f"/autumn balance {customer}", note, (("Feature", feature), *filled), submits)


def _reward(
    code: NoteCode, note: str, customer: str, *filled: tuple[str, str], submits: bool = False
) -> NoteCase:
    return NoteCase(code, f"/autumn reward {customer}", note, filled, submits)


def _details(code: NoteCode, note: str, *filled: tuple[str, str], submits: bool = False) -> NoteCase:
    return NoteCase(code, "/autumn update cus_acme", note, filled, submits)


def _deletion(code: NoteCode, note: str, customer: str) -> NoteCase:
    return NoteCase(code, f"/autumn delete {customer}", note)


_SET = (ACTION, "Set the balance")
_USED = (ACTION, "Correct usage")
_DATE = (ACTION, "Move the reset date")
_REDEEM = (ACTION, "Redeem a promo code")
_ONE = (ACTION, "Apply a coupon to one subscription")
_TEAM = ("Source", "Team")
_GRANT = ("Source", "150 of 300 left")
_PACK = ("Source", "2,785 of 10,000 left")
_REQUIRED = "Please complete this required field."
"""Slack's own words: Maple receives nothing."""


def _amount(amount: str) -> tuple[str, str]:
    return ("Amount", amount)


BALANCE = (
    _balance(AmountNote.NO_AMOUNT, "Enter an amount.", "cus_acme", "Messages", _amount("  "), submits=True),
    _balance(
        AmountNote.NOT_A_NUMBER,
        "This is not a number. Write it like 1,000, 1k, 2.5m or -40.",
        "cus_acme",
        "Messages",
        _amount("a lot"),
    ),
    _balance(
        AmountNote.SEPARATORS, "This can be read in two ways.", "cus_acme", "Messages", _amount("1.000")
    ),
    _balance(
        BalanceNote.NOT_POSITIVE, "The amount must be more than 0.", "cus_acme", "Messages", _amount("-5")
    ),
    _balance(
        AmountNote.TOO_LARGE,
        "The amount is too large. The most is 1,000,000,000,000.",
        "cus_acme",
        "Messages",
        _amount("10000000000000"),
    ),
    _balance(
        AmountNote.TOO_MANY_DECIMALS,
        "The amount has too many decimals. The most is 6.",
        "cus_acme",
        "Messages",
        _amount("0.12345678"),
    ),
    _balance(
        BalanceNote.NEGATIVE_USAGE,
        "Usage can't be less than 0. To give more, use Give extra allowance.",
        "cus_acme",
        "Messages",
        _USED,
        _amount("-5"),
    ),
    _balance(
        CommonNote.NOTHING_TO_DO,
        "Nothing would change: everything already is like this.",
        "cus_acme",
        "Messages",
        _SET,
        _amount("18,760"),
    ),
    _balance(
        BalanceNote.RESET_ON_PAID,
        "The customer pays for this, so its reset date follows their billing",
        "cus_acme",
        "Messages",
        _DATE,
        ("New reset date", "3"),
    ),
    _balance(
        BalanceNote.RESET_NEVER,
        "This never resets, so it has no reset date to move.",
        "cus_stark",
        "Seats",
        _DATE,
        ("New reset date", "3"),
    ),
    _balance(
        BalanceNote.RESET_ONE_OFF,
        "This was given once and doesn't reset",
        "cus_wonka",
        "Messages",
        _PACK,
        _DATE,
        ("New reset date", "3"),
    ),
    _balance(
        BalanceNote.RESET_PAST,
        "The new reset date is in the past. Autumn would reset the balance right away.",
        "cus_noname",
        "Messages",
        _DATE,
        ("New reset date", "-3"),
    ),
    _balance(
        BalanceNote.RESET_TOO_FAR,
        "The new reset date is too far away. The latest is",
        "cus_noname",
        "Messages",
        _DATE,
        ("New reset date", "5000"),
    ),
    _balance(
        BalanceNote.UNTIL_RESET,
        "This lasts until the balance next resets on",
        "cus_acme",
        "Messages",
        _amount("5"),
    ),
    _balance(
        BalanceNote.SEATS_BILLED,
        "Autumn will bill for 6 more, right away or on the next invoice",
        "cus_acme",
        "Seats",
        _TEAM,
        _USED,
        _amount("26"),
    ),
    _balance(
        BalanceNote.OVERAGE_BILLED,
        "The overage billed on the next invoice rises by",
        "cus_northwind",
        "Messages",
        _SET,
        _amount("-9k"),
    ),
    _balance(
        BalanceNote.BECOMES_DEBT,
        "The balance goes 40 below zero.",
        "cus_gekko",
        "Messages",
        _SET,
        _amount("-40"),
    ),
    _balance(
        BalanceNote.ROW_VANISHES,
        "Autumn no longer shows a grant once nothing of it is left.",
        "cus_vandelay",
        "Messages",
        _GRANT,
        _SET,
        _amount("0"),
    ),
    _balance(
        BalanceNote.ROW_EXPIRES,
        "This source of the balance expires on",
        "cus_vandelay",
        "Messages",
        _GRANT,
        _amount("5"),
    ),
    _balance(
        BalanceNote.ROLLOVERS_FIRST,
        "860 of them will come out of units rolled over from before.",
        "cus_acme",
        "AI Credits",
        _SET,
        _amount("10"),
    ),
    _balance(
        BalanceNote.OTHER_ROWS,
        "The feature has 4 other sources, which stay as they are.",
        "cus_vandelay",
        "Messages",
        _GRANT,
        _amount("5"),
    ),
    _balance(
        BalanceNote.ENTITIES_COUNTED,
        "The feature's total includes what entities hold",
        "cus_piedpiper",
        "Messages",
        _amount("5"),
    ),
)

REWARD = (
    _reward(RewardNote.NO_REWARD, _REQUIRED, "cus_northwind", submits=True),
    _reward(
        RewardNote.NO_CODE,
        "Enter the promo code.",
        "cus_northwind",
        _REDEEM,
        ("Promo code", "  "),
        submits=True,
    ),
    _reward(
        RewardNote.CODE_TOO_LONG,
        "A promo code can have up to 200 characters.",
        "cus_northwind",
        _REDEEM,
        ("Promo code", "X" * 201),
    ),
    _reward(
        RewardNote.NOT_A_GRANT,
        "This code belongs to the coupon 10% off, always, which gives no features.",
        "cus_northwind",
        _REDEEM,
        ("Promo code", "LOYAL10"),
    ),
    _reward(
        RewardNote.GRANT_UNKNOWN,
        "Autumn has no promo code like this.",
        "cus_northwind",
        _REDEEM,
        ("Promo code", "bonus500"),
    ),
    _reward(
        CommonNote.NO_UNDO, "This can't be undone.", "cus_northwind", _REDEEM, ("Promo code", "BONUS500")
    ),
    _reward(
        RewardNote.NO_COUPON,
        "The customer has no coupon of their own to remove.",
        "cus_northwind",
        (ACTION, "Remove the coupon"),
    ),
    _reward(
        RewardNote.ALREADY_ACTIVE,
        "The customer already has 10% off, always.",
        "cus_acme",
        ("Coupon", "10% off, always"),
    ),
    _reward(
        RewardNote.REPLACES,
        "This replaces 10% off, always: a customer can have only one coupon of their own.",
        "cus_acme",
        ("Coupon", "50% off the next invoice"),
    ),
    _reward(
        RewardNote.OTHER_PLANS,
        "which the customer doesn't have: no discount until they do.",
        "cus_acme",
        ("Coupon", "$5 off the next invoice"),
    ),
    _reward(
        RewardNote.TAKES_LESS,
        "It takes $39.80 off the upcoming invoices, and the new coupon $0.00.",
        "cus_acme",
        ("Coupon", "$5 off the next invoice"),
    ),
    _reward(
        RewardNote.OTHER_CURRENCY,
        "an amount in USD: it takes nothing off invoices in JPY.",
        "cus_tyrell",
        ("Coupon", "$100 off for 6 months"),
    ),
    _reward(
        RewardNote.NO_EFFECT,
        "It takes nothing off the upcoming invoices.",
        "cus_coupons",
        ("Coupon", "$5 off the next invoice"),
    ),
    _reward(
        RewardNote.SUBSCRIPTION_DISCOUNTS,
        "A subscription has a discount of its own ($5 off the",
        "cus_coupons",
        ("Coupon", "50% off the next invoice"),
    ),
    _reward(
        RewardNote.FROM_NEXT_INVOICE,
        "The discount shows from the next invoice,",
        "cus_acme",
        ("Coupon", "50% off the next invoice"),
    ),
    _reward(
        RewardNote.AT_NEXT_CHECKOUT,
        "No invoice is coming: the discount shows at the next checkout link.",
        "cus_empty",
        ("Coupon", "50% off the next invoice"),
    ),
    _reward(
        RewardNote.ALREADY_ATTACHED,
        "A subscription of the customer already has 10% off, always",
        "cus_coupons",
        _ONE,
        ("Subscription", "Pro"),
        ("Coupon", "10% off, always"),
    ),
    _reward(
        RewardNote.OWN_STEPS_ASIDE,
        "own coupon 10% off, always no longer applies to this subscription",
        "cus_acme",
        _ONE,
        ("Subscription", "Team"),
        ("Coupon", "50% off the next invoice"),
    ),
    _reward(
        RewardNote.STAYS_ATTACHED,
        "Autumn can't take a coupon off a subscription.",
        "cus_northwind",
        _ONE,
        ("Coupon", "10% off, always"),
    ),
)

DETAILS = (
    _details(CommonNote.NOTHING_TO_DO, "Change at least one of the fields.", submits=True),
    _details(DetailsNote.NAME_TOO_LONG, "The name can have up to 256 characters.", ("Name", "x" * 257)),
    _details(
        DetailsNote.EMAIL_TOO_LONG,
        "The email address can have up to 254 characters.",
        ("Email", "x" * 250 + "@a.test"),
    ),
    _details(
        DetailsNote.FINGERPRINT_TOO_LONG,
        "The fingerprint can have up to 256 characters.",
        ("Fingerprint", "x" * 257),
    ),
    _details(DetailsNote.BAD_EMAIL, "This is not an email address.", ("Email", "nobody")),
    _details(DetailsNote.ALSO_IN_STRIPE, "Also changed in Stripe: name.", ("Name", "New")),
    _details(
        DetailsNote.NOT_CLEARED_IN_STRIPE,
        "Cleared only in Autumn, kept in Stripe: name.",
        ("Name", ""),
    ),
)

DELETION = (
    NoteCase(
        DeletionNote.ID_NOT_TYPED,
        "/autumn delete cus_acme",
        "This is not the customer's id. Type it exactly as shown.",
        (
            ("Type the customer's id in full", "cus_acne"),
            ("Final confirmation", "Delete this customer. It cannot be undone."),
        ),
        submits=True,
    ),
    _deletion(
        DeletionNote.KEEPS_CHARGING,
        "Stripe keeps charging for 3 subscriptions (Team, Support Plus",
        "cus_acme",
    ),
    _deletion(DeletionNote.NEXT_CHARGE, "Stripe's next charge is $179.10 on", "cus_acme"),
    _deletion(DeletionNote.OPEN_INVOICES, "One invoice is unpaid: $24.50 stays due in Stripe.", "cus_acme"),
    _deletion(DeletionNote.HAS_ENTITIES, "4 entities are deleted too.", "cus_piedpiper"),
    _deletion(DeletionNote.BALANCES_LOST, "The balances of 6 features are lost.", "cus_acme"),
    _deletion(CommonNote.NO_UNDO, "This can't be undone.", "cus_acme"),
)
