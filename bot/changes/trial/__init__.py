"""Extending a trial, shortening it, and ending it now."""

from bot.changes.trial.kind import TrialChange

KIND = TrialChange()
