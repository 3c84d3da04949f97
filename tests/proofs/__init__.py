"""Long runs that test the bot's promises: in full by `scripts/prove`, a sample in the tests."""
