"""Coupons and promo codes."""

from bot.changes.reward.kind import RewardChange

KIND = RewardChange()
