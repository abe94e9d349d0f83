"""`uapi-adapter init`: settings and a directory for a PBX that the adapter has never met."""
