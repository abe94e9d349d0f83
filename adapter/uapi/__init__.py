"""The wire contract: UnifiedAPI PhoneCalls over HTTP."""
