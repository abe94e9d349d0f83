"""Commands for the operator that are more than a few lines; cli.py says how they are called."""
