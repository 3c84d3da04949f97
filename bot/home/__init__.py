"""The Home tab: what waits for a person, what they asked for, whom they looked at, what they may do."""
