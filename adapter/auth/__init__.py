"""Who asks: tokens, OpenID, client credentials."""
