"""Real database servers for tests: private, on free ports, gone with the test run."""
