"""Alerts: what Autumn reports as it happens, told to the channels and people that subscribed to it."""
