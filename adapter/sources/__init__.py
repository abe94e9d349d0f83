"""Databases that the directory's extensions may come from; imported only where one is configured."""
