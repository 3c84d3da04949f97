"""The Home tab: what waits for a person, their requests, the customers they looked up, what they may do."""
