"""Slack listeners by feature: parse, ask bot/, show a view."""
