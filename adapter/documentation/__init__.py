"""What the service says of itself: the OpenAPI description, and a page that shows it."""
