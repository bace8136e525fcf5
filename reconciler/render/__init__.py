"""One file for each format: each a function from data to a string that escapes for itself."""
