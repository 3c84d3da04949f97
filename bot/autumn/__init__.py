"""Autumn's API: client, models, errors, throttle. Knows nothing of Slack."""
