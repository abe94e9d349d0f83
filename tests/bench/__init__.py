"""How fast, how small: each bench against a named peer, in one run, in turn. `make bench`."""
