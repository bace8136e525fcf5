"""Sends the steps of a plan: engine, one create's attempt, journal, lock, limits."""
