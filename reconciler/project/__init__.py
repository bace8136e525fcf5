"""A project opened: its configuration, its manifests and its way to the service."""
