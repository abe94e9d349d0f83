"""What the description says before it comes to the addresses. Pure."""

TITLE = "UnifiedAPI phone calls"
DESCRIPTION = """\
The live phone calls of an Asterisk PBX, and supervising them, as 4PSA's UnifiedAPI has it.

- Every path below `/uapi` and `/oauth` is also served with a trailing slash, and all of `/uapi` also below
  `/unifiedapi`, an older alias. `/events` and `/supervision/{supervisionId}` are also served without `/uapi`.
- `*` and `@` in a path may stand raw or percent-encoded.
- HEAD is answered wherever GET is, and OPTIONS everywhere (204 with `Allow`).
- A number in a JSON body may be a numeric string. Null is as good as left out.
- What an account may not see is answered exactly as if it did not exist.
"""
