"""Plan and report as JSON documents: their shape, digest, saving and loading."""
