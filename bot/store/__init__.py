"""What Maple remembers: tables, transactions, migrations."""
