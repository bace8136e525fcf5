"""What is wrong with a person's data, in plain words and with its place."""
