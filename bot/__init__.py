"""Maple: look up and change Autumn customers from Slack."""

__version__ = "0.1.0"
