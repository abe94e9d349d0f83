"""What all HTTP answers share: errors, limits, CORS, idempotency. This room knows nothing of calls."""
