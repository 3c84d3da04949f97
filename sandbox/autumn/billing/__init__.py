"""What a change to a customer's plans does: to the plans, to balances, and in money.

An operation (`cancelling`, `adjusting`, `attaching`) changes a customer and answers with its `Effects`.
A preview runs it on a draft of the customer; `payment.settle` runs it on the customer, or keeps it until an
invoice is paid.
"""
