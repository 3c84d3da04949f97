"""The life of a change: requested, decided, applied once, and reported. Who may do what: `bot.access`."""
