"""Authentication: tokens, OpenID, client credentials."""
