"""The live calls: Asterisk's events in, calls and their views out. Pure: no clock, no I/O, no log."""
