"""Digests: what a channel is told each morning of resets, renewals and unpaid invoices, once a day.

`model` says what a digest is, `schedule` when it is due (pure), `book` keeps the digests, `runs` the days
they are due on, `scan` reads Autumn once for all that are due together, `report` is what one digest has to
say, and `posting` puts it into the channel. `service` is the one door for the rest of Maple.
"""
