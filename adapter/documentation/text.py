"""The title and the introduction of `/openapi.json` and `/docs`. Pure."""

TITLE = "UnifiedAPI phone calls"
DESCRIPTION = """\
This service lists the live phone calls of an Asterisk PBX and lets a supervisor monitor them, whisper or
barge in. It implements these parts of 4PSA's UnifiedAPI.

- Every path below `/uapi` and `/oauth` also works with a trailing slash. `/unifiedapi` is an older alias of
  `/uapi`. `/events` and `/supervision/{supervisionId}` also work without `/uapi`.
- A client may write `*` and `@` in a path as they are or percent-encoded.
- Every path with GET takes HEAD. Every path takes OPTIONS (204 with `Allow`).
- A number in a JSON body may be a numeric string. A null field means the same as a missing one.
- If an account may not see a resource, the service answers as if it did not exist.
"""
