"""What happens when something breaks, each with figures: docs/faults.md is the table.

`make test` runs a part of each that takes seconds; `make faults` all of it: every byte, a million inputs,
a minute's flood.
"""
