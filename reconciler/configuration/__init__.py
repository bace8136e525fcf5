"""The configuration: reconciler.yaml, the environment's address, the clouds."""
