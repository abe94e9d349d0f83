"""The commands beside the service: `check`, `record`, `replay`."""
