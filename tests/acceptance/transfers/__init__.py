"""What phones do with a call of theirs: transfer, hold, forward, speak other codecs."""
