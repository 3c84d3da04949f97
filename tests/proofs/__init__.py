"""What is claimed of changes and digests, shown in numbers: in full by `scripts/prove`, a small sample by the tests."""
