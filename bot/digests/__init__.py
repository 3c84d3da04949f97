"""Digests: regular posts about upcoming and unpaid invoices, past due subscriptions, trials and resets.

`model` says what a digest is, `sections` what it can list, `schedule` when it is due (pure). `scan` reads
Autumn once for all digests that are due together, `report` computes what one of them says, and `delivery`
posts it. `ticker` finds what is due; `service` is what the rest of Maple calls.
"""
