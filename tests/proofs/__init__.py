"""What is claimed of changes and digests, in numbers: in full by `scripts/prove`, a sample by the tests."""
