"""The OpenAPI description of the service, and a page that shows it."""
