"""For operators: health, readiness, metrics and access log. The service does not depend on this room."""
