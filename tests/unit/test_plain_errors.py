"""What is wrong with a setting or a directory is told in an operator's words, not in pydantic's."""

import pytest
from pydantic import ValidationError

from adapter.directory import DirectoryError, load_directory
from adapter.plain_errors import plain_error
from adapter.settings import Settings

from .samples import DIRECTORY_TEXT

REQUIRED: dict[str, object] = {"directory": "/etc/directory.yaml", "token_key": "k" * 32, "ami_secret": "s"}
PYDANTICS = (
    "Input",
    "input",
    "String should",
    "Value ",
    "Field ",
    "dictionary",
    "tuple",
    "frozenset",
    "valid",
    "^",
)
"""Words of a programming language, which no operator has to know."""


def said(settings: dict[str, object]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(settings)
    return [plain_error(error) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("listen_port", "http", "must be a whole number"),
        ("listen_port", 1.5, "must be a whole number"),
        ("listen_port", [], "must be a whole number"),
        ("listen_port", "9" * 5000, "must be a whole number of fewer digits"),
        ("listen_port", "-1", "must be at least 0"),
        ("listen_port", "65536", "must be at most 65535"),
        ("requests_per_s", "0", "must be higher than 0.0"),
        ("requests_per_s", "nan", "must be a number that is not infinite"),
        ("audit_max_mb", "x", "must be a number"),
        ("audit_max_mb", [], "must be a number"),
        ("ami_tls", "perhaps", "must be true or false"),
        ("ami_tls", [], "must be true or false"),
        ("log_level", "LOUD", "must be one of DEBUG, INFO, WARNING, ERROR"),
        ("directory", 3, "must be the path of a file"),
        ("token_key", "short", "must have at least 32 characters"),
        ("token_key", 3, "must be text"),
        ("token_old_keys", "short", "must have at least 32 characters"),
        ("openid_claim", "", "must not be empty"),
        ("ami_username", "", "must be one line and not empty"),
        ("ami_username", "a\nb", "must be one line and not empty"),
        ("ami_secret", "", "must be one line and not empty"),
        ("public_url", "uapi.example.com", "must be a URL like https://uapi.example.com, without a query"),
        ("openid_jwks_url", "keys", "must be a URL like https://id.example.com/keys"),
        ("cors_origins", "*", "must be origins like https://desk.example.com, without a path"),
        ("cors_origins", 3, "must be a list"),
        ("trusted_proxies", "x", "'x' does not appear to be an IPv4 or IPv6 network"),
        ("timezone", "Middle/Earth", "not a time zone of the IANA database, like Europe/Bucharest"),
        ("ami_prot", 5039, "is not known here"),
    ],
)
def test_a_wrong_setting_is_told_in_plain_words(name: str, value: object, sentence: str) -> None:
    """To be read behind the setting's name."""
    assert said(REQUIRED | {name: value}) == [sentence]


def test_a_missing_setting_is_said_to_be_missing() -> None:
    """Each of the required ones."""
    assert said({}) == ["is missing"] * len(REQUIRED)


@pytest.mark.parametrize(
    "value", ['"x"', "3", "true", "[]", "{}", "[x]", "[[x]]", "{x: y}", "2012-01-01", "~", '""']
)
@pytest.mark.parametrize(
    "old",
    [
        *('"0003"', "Default Organization", '"40"', '"0003*210"', '"Agent <0003*210>"', "PJSIP/second-desk"),
        *("queue", "agent-desktop", '{user: "12"}', '{id: "12", name: Agent, organization: "3"}'),
    ],
)
def test_a_wrong_value_of_a_directory_is_told_in_plain_words(old: str, value: str) -> None:
    """Whatever YAML has in its place."""
    assert old in DIRECTORY_TEXT
    assert pydantics_words(DIRECTORY_TEXT.replace(old, value, 1)) == []


@pytest.mark.parametrize("text", ["[]", "text", "{}", "organizations: 3\nusers: x\n"])
def test_a_file_that_is_no_directory_is_told_so_in_plain_words(text: str) -> None:
    """It need not even be a list."""
    assert pydantics_words(text) == []


def pydantics_words(text: str) -> list[str]:
    """Those in the refusal of this directory; some values of the table are good ones."""
    try:
        load_directory(text)
    except DirectoryError as refused:
        return [word for word in PYDANTICS if word in str(refused)]
    return []
