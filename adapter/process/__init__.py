"""What the operating system sees: commands, signals, the log, systemd."""
