"""What operators look at: health, readiness, metrics and access lines. The service runs the same without."""
