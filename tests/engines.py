"""Tests on one database, for decisions that do not depend on which it is."""

import pytest

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""For a test of what Maple decides with the rows. Locks, rolled back transactions, how rows are sorted, added
up and matched, and what is stored in a column are tested on both databases."""
