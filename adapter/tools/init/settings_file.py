"""The text of a settings file, written and read. Pure."""

import json
import tomllib
from collections.abc import Mapping

HEAD = """\
# The settings of uapi-adapter: docs/settings.md lists them all. Each stands here in small letters, without
# ADAPTER_. ami_secret is that of the AMI user; with another token_key all tokens end.
"""


def settings_text(values: Mapping[str, object]) -> str:
    """The values as TOML. Raises ValueError where they would be read as others."""
    text = HEAD + "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    if tomllib.loads(text) != values:
        raise ValueError("these settings cannot be written as TOML")
    return text


def _toml(value: object) -> str:
    # A text, a number or a truth value of JSON is one of TOML, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
