"""The kinds of change, a folder each: guard → preview → plan → verify → inverse.

All of it is pure except `facts` and each `read`, which read Autumn, and `open_forms`, a cache.
"""
