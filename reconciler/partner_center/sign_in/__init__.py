"""Who is asking: credentials, tokens, the authority."""
