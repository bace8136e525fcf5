"""The verbs, a file for each: one short function and what it needs. Nothing is printed here."""
