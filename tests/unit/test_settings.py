import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapter.settings import CONFIG_VARIABLE, Settings

_AMI_TIMES = ("CONNECT_TIMEOUT", "ACTION_TIMEOUT", "PING_INTERVAL", "RECONNECT_MAX")
REQUIRED = {
    "ADAPTER_DIRECTORY": "/etc/directory.yaml",
    "ADAPTER_TOKEN_KEY": "k" * 32,
    "ADAPTER_AMI_SECRET": "secret",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("ADAPTER_"):
            monkeypatch.delenv(name)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


def _wrong() -> list[str]:
    """The names of the settings that are refused."""
    with pytest.raises(ValidationError) as refused:
        Settings()
    return ["_".join(str(part) for part in error["loc"]) for error in refused.value.errors()]


def test_three_settings_are_required_and_all_missing_ones_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Directory, token key and AMI secret have no default."""
    assert Settings().ami_host == "127.0.0.1"
    for name in REQUIRED:
        monkeypatch.delenv(name)
    assert _wrong() == ["directory", "token_key", "ami_secret"]


def test_the_defaults_are_those_of_the_contract() -> None:
    """Pickup limit 600 s, tokens for 3600 s, one call is answered bare."""
    settings = Settings()
    assert (settings.pickup_limit_s, settings.token_lifetime_s, settings.single_call) == (600, 3600, "bare")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN_PORT", "-1"),
        ("LISTEN_PORT", "65536"),
        ("LISTEN_PORT", "http"),
        ("PUBLIC_URL", "uapi.example.com"),
        ("PUBLIC_URL", "ftp://uapi.example.com"),
        ("PUBLIC_URL", "https://uapi.example.com/?x"),
        ("PUBLIC_URL", "https://uapi.example.com\nx"),
        ("TOKEN_KEY", "k" * 31),
        ("TOKEN_LIFETIME_S", "0"),
        ("AMI_PORT", "0"),
        ("AMI_USERNAME", ""),
        ("AMI_USERNAME", "uapi\r\nAction: Command"),
        ("AMI_USERNAME", "uapi\n"),
        ("AMI_SECRET", ""),
        ("AMI_SECRET", "a\nb"),
        ("AMI_SECRET", "a\rb"),
        ("AMI_TLS", "perhaps"),
        ("AMI_CONNECT_TIMEOUT_S", "0"),
        ("AMI_ACTION_TIMEOUT_S", "-1"),
        ("AMI_PING_INTERVAL_S", "0"),
        ("AMI_RECONNECT_MAX_S", "0"),
        *((f"AMI_{name}_S", value) for value in ("nan", "inf") for name in _AMI_TIMES),
        ("PICKUP_LIMIT_S", "0"),
        ("SINGLE_CALL", "entry"),
        ("TIMEZONE", "Middle/Earth"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", ""),
        ("LOG_LEVEL", "LOUD"),
        ("OPENID_CLAIM", ""),
        ("TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.1/8"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """At the start, not at the first use."""
    monkeypatch.setenv(f"ADAPTER_{name}", value)
    assert _wrong() == [name.lower()]


def test_a_network_of_mapped_addresses_is_one_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a peer's address is, which a socket of both families shows mapped."""
    monkeypatch.setenv("ADAPTER_TRUSTED_PROXIES", "::ffff:10.0.0.0/104,::ffff:192.0.2.1,2001:db8::/32,::/0")
    shown = [str(network) for network in Settings().trusted_proxies]
    assert shown == ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::/0"]


def test_secrets_are_not_shown() -> None:
    """Neither in a log nor in a traceback."""
    text = repr(Settings())
    assert "secret" in text.replace("ami_secret", "secret")
    assert "k" * 32 not in text
    assert "'secret'" not in text


def test_a_wrong_secret_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal of a value need not repeat it: what the process prints has no input in it."""
    monkeypatch.setenv("ADAPTER_TOKEN_KEY", "hunter2")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "hunter2" not in str(refused.value.errors(include_input=False, include_url=False))


def test_settings_are_frozen() -> None:
    """Nobody changes them under way."""
    with pytest.raises(ValidationError):
        setattr(Settings(), "listen_port", 1)  # noqa: B010 - mypy knows that it cannot be done


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each setting by itself."""
    file = tmp_path / "adapter.toml"
    file.write_text('ami_host = "pbx"\nami_port = 5039\nami_secret = "from the file"\n', encoding="utf-8")
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    monkeypatch.setenv("ADAPTER_AMI_PORT", "5040")
    settings = Settings()
    assert (settings.ami_host, settings.ami_port, settings.ami_username) == ("pbx", 5040, "uapi")
    assert settings.ami_secret.get_secret_value() == "secret"


def test_an_unknown_setting_in_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A typing error is no wish to have the default."""
    file = tmp_path / "adapter.toml"
    file.write_text("ami_prot = 5039\n", encoding="utf-8")
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    assert _wrong() == ["ami_prot"]


def test_a_file_that_is_named_and_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going on without it would be going on with other settings."""
    monkeypatch.setenv(CONFIG_VARIABLE, "/nowhere/adapter.toml")
    with pytest.raises(SystemExit, match=r"/nowhere/adapter\.toml"):
        Settings()


def test_an_unknown_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docs/settings.md`: an unknown setting stops the start, with its name."""
    monkeypatch.setenv("ADAPTER_AMI_PROT", "5039")
    assert _wrong() == ["ami_prot"]
