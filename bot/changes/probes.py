"""Requests about nobody, by which `maple doctor` finds out what Autumn's key may do.

Autumn checks the key's permissions first, and only then for whom the request is.
"""

from bot.autumn.write import Write

NOBODY = "maple-doctor-asks-about-nobody"

UPDATE_BALANCE = Write(
    "balances.update",
    "POST",
    "/v1/balances.update",
    {"customer_id": NOBODY, "feature_id": NOBODY, "balance_id": NOBODY, "add_to_balance": 0},
    per_customer=True,
)
UPDATE_CUSTOMER = Write("customers.update", "POST", "/v1/customers.update", {"customer_id": NOBODY})
