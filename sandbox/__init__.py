"""A local Slack and a local Autumn to run and test the bot against. Shares no code with it."""
