"""Refunding a paid invoice, in full or in part."""

from bot.changes.refund.kind import RefundChange

KIND = RefundChange()
