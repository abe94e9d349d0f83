"""The side of the operating system: commands, signals, the log, systemd."""
