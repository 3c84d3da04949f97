"""One module for each step; Alembic finds their order in them."""
