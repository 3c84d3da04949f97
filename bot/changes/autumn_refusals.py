"""Why Autumn refused a change, in words. Its codes go into logs and the audit trail only."""

from collections.abc import Mapping

from bot.kit import phrases, text

_KEY = "Autumn no longer accepts Maple's key. Tell your Maple admin."
_NO_SCOPE = "Maple's key isn't allowed to do this. Your Maple admin can give it the scope in Autumn."
_BUSY = "Another change to this customer's billing is in progress. Request it again in two minutes."
_OTHER = "Request it again if it is still needed. If it keeps failing, do it in Autumn's dashboard."

CODES: Mapping[str, str] = {
    "customer_not_found": "The customer is no longer there.",
    "feature_not_found": "The feature is no longer there.",
    "entity_not_found": "The entity is no longer there.",
    "product_not_found": "The product is no longer there.",
    "customer_product_not_found": "The customer no longer has this product.",
    "cus_product_not_found": "The customer no longer has this product.",
    "reward_not_found": "The coupon or promo code is no longer there.",
    "referral_code_not_found": "The promo code is no longer there.",
    "customer_already_redeemed_referral_code": (
        "The customer has already redeemed this promo code, and each customer can do so once."
    ),
    "referral_code_max_redemptions_reached": "This promo code has reached its limit of redemptions.",
    "promo_code_first_time_only": "This promo code is only for a customer's first purchase.",
    "invalid_reward": "This code gives no features, so it can't be redeemed.",
    "currency_mismatch": "The coupon is in a different currency from the one the customer pays in.",
    "customer_already_exists": "Another customer already has this id.",
    "entity_already_exists": "The entity already exists.",
    "duplicate_feature_id": "The feature already exists.",
    "plan_already_attached": "The customer already has this product.",
    "insufficient_balance": "The customer doesn't have that much left.",
    "lock_already_exists": _BUSY,
    "insufficient_scopes": _NO_SCOPE,
    "no_secret_key": _KEY,
    "invalid_secret_key": _KEY,
    "no_auth_header": "This version of Autumn can't do that. Tell your Maple admin.",
    "invalid_api_version": "This Autumn doesn't know Maple's version of its API. Tell your Maple admin.",
    "invalid_cursor": _OTHER,
    "invalid_inputs": "Autumn didn't accept the values. Do it in Autumn's dashboard.",
    "invalid_request": "This can't be done in the customer's present state. Look in Autumn.",
    "stripe_error": "Stripe rejected it. Look in Stripe.",
    "duplicate_idempotency_key": "Autumn already received this same change.",
    "internal_error": "Autumn had an internal error.",
}
"""By Autumn's code; they follow *Autumn refused it.*"""

STATUSES: Mapping[str, str] = {
    "401": _KEY,
    "403": _NO_SCOPE,
    "404": "The customer, or what was to be changed, is no longer there.",
    "409": "It conflicts with the customer's present state. Look in Autumn.",
    "423": _BUSY,
}
"""For codes that are not in `CODES`."""


def why(code: str) -> str:
    """By Autumn's code, or by its status if it sent no code."""
    return CODES.get(code) or STATUSES.get(code) or _OTHER


def explanation(details: Mapping[str, str]) -> str:
    """From the details of a change, in mrkdwn."""
    code, status = details.get("code", ""), details.get("status", "")
    if scopes := details.get("scopes"):
        return missing(phrases.joined([text.code(scope, 60) for scope in scopes.split(", ")]))
    return CODES.get(code) or STATUSES.get(status) or _OTHER


def missing(scopes: str) -> str:
    return (
        f"Maple's key lacks the scope {scopes}. Your Maple admin can add it in Autumn's dashboard, under "
        "Developer, API keys."
    )
