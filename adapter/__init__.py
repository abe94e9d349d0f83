"""An Asterisk-backed telephony adapter: live phone calls and barge-in over the UnifiedAPI."""
