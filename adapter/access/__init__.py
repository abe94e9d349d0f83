"""Who sees what, who may act on it, and who may be heard: one rule each. Pure."""
