"""Why Autumn refused a change, in words. Its codes are for logs and the audit trail."""

from collections.abc import Mapping

from bot.kit import phrases, text

_KEY = "Autumn does not accept Maple's key any more. Tell whoever runs Maple."
_NO_SCOPE = "Maple's key may not do this in Autumn. Whoever runs Maple can give it the permission there."
_BUSY = "Another change of this customer's billing is under way. Ask again in two minutes."
_OTHER = "Ask again if it is still wanted. If it stays so, do it in Autumn's dashboard."

CODES: Mapping[str, str] = {
    "customer_not_found": "It does not know this customer any more.",
    "feature_not_found": "It does not know this feature any more.",
    "entity_not_found": "It does not know this entity any more.",
    "product_not_found": "It does not know this product any more.",
    "customer_product_not_found": "The customer does not have this product any more.",
    "cus_product_not_found": "The customer does not have this product any more.",
    "reward_not_found": "It does not know this reward or code any more.",
    "referral_code_not_found": "It does not know this code any more.",
    "customer_already_redeemed_referral_code": (
        "The customer has redeemed this promo code before, and each customer can do that once."
    ),
    "referral_code_max_redemptions_reached": "This promo code was redeemed as often as it may be.",
    "promo_code_first_time_only": "This promo code is only for a customer's first purchase.",
    "invalid_reward": "This code grants no features, so it cannot be redeemed.",
    "currency_mismatch": "The coupon is in another currency than the customer pays in.",
    "customer_already_exists": "Another customer has this id already.",
    "entity_already_exists": "The entity is there already.",
    "duplicate_feature_id": "The feature is there already.",
    "plan_already_attached": "The customer has this product already.",
    "insufficient_balance": "The customer does not have that much left.",
    "lock_already_exists": _BUSY,
    "insufficient_scopes": _NO_SCOPE,
    "no_secret_key": _KEY,
    "invalid_secret_key": _KEY,
    "no_auth_header": "This Autumn does not know how to do that. Tell whoever runs Maple.",
    "invalid_api_version": "This Autumn does not know Maple's version of its API. Tell whoever runs Maple.",
    "invalid_cursor": _OTHER,
    "invalid_inputs": "It does not take what was sent. Do it in Autumn's dashboard.",
    "invalid_request": "It says that this cannot be done as things are in Autumn. Look there.",
    "stripe_error": "Stripe did not let it through. Look in Stripe.",
    "duplicate_idempotency_key": "It had got the same change before.",
    "internal_error": "It had an error of its own.",
}
"""Why, after "Autumn refused it", by Autumn's code."""

STATUSES: Mapping[str, str] = {
    "401": _KEY,
    "403": _NO_SCOPE,
    "404": "It does not know the customer, or what was to be changed, any more.",
    "409": "It says that this conflicts with how things are in Autumn. Look there.",
    "423": _BUSY,
}
"""For codes that are not known."""


def said(details: Mapping[str, str]) -> str:
    """Of a change's details, in mrkdwn."""
    code, status = details.get("code", ""), details.get("status", "")
    if scopes := details.get("scopes"):
        return missing(phrases.joined([text.code(one, 60) for one in scopes.split(", ")]))
    return CODES.get(code) or STATUSES.get(status) or _OTHER


def missing(scopes: str) -> str:
    return (
        f"Maple's key lacks the scope {scopes}. Whoever runs Maple can add it in Autumn's dashboard, under "
        "Developer, API keys."
    )
