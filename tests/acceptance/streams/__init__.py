"""Supervisions that follow their call: modes, switches, transfers; the audio and the time are measured."""
