"""Recorded AMI messages: written from a live link, masked, read back, and played into the model."""
