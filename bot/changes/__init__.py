"""The kinds of change, one module each: guard → preview → plan → verify → inverse. Pure but for `facts`."""
