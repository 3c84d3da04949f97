"""Checks blocks and views against what Slack accepts."""
