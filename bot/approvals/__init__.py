"""Who may change what, and the life of a change from being asked for to its end."""
