"""What is said between Asterisk and the adapter: events and actions as values, read and written. Pure."""
