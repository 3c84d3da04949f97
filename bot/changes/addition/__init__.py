"""Giving a customer an add-on, or something that is bought once."""

from bot.changes.addition.kind import AdditionChange

KIND = AdditionChange()
