"""What the local Autumn starts with."""
