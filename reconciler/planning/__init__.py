"""Decides what a plan holds and whether a step is still right. Pure: same input, same output."""
