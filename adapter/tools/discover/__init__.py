"""`uapi-adapter discover`: the directory of a PBX, as far as the PBX tells."""
