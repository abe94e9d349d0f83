"""Traces: recording AMI messages from a live link, masking, reading, and playing them into the model."""
