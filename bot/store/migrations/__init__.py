"""Alembic looks here. A migration is never altered once it was in a release."""
