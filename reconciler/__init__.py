"""The desired state of customer qualifications, reconciled with Partner Center."""
