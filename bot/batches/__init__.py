"""Several changes at once: a list that is checked, approved once, and applied line by line."""
