"""The audio of a supervision as a stream: Asterisk's AudioSocket on one side, a WebSocket on the other."""
