"""The pure rooms, one test module per module."""
