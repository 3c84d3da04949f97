"""Cancelling a subscription, and taking a cancellation back."""

from bot.changes.cancellation.kind import CancellationChange

KIND = CancellationChange()
