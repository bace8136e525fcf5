"""Which customers a run is about: narrowing, shards, changed documents, git."""
