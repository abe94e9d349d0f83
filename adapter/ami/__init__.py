"""The link to Asterisk's Manager Interface; the only room that knows panoramisk."""
