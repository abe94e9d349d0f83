"""Every setting of the adapter, frozen; nobody else reads the environment.

Each comes from the environment (`ADAPTER_...`), else from the TOML file that `ADAPTER_CONFIG` names, else
from its default. `docs/settings.md` lists them and a test keeps that list complete.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from adapter.plain_errors import of_form
from adapter.printable import printable

PREFIX = "ADAPTER_"
CONFIG_VARIABLE = "ADAPTER_CONFIG"
NOT_SETTINGS = ("config", "lab_asterisk")
"""Variables of ours that are no settings: where the file is, and where the lab finds Asterisk."""

_MAPPED_BITS = 96
"""So many bits of an IPv4 address mapped into IPv6 go before it (`::ffff:0:0/96`)."""

_Origin = Annotated[
    str, of_form(r"https?://[^\s/?#]+", "must be origins like https://desk.example.com, without a path")
]
_PublicUrl = Annotated[
    str, of_form(r"https?://[^\s?#]+", "must be a URL like https://uapi.example.com, without a query")
]
_KeysUrl = Annotated[str, of_form(r"https?://\S+", "must be a URL like https://id.example.com/keys")]
_Name = Annotated[str, of_form(r"[a-z0-9]{1,20}", "must be 1 to 20 small letters or digits")]
_STORE = re.compile(r"sqlite:///\S.*|postgres(ql)?://[^\s/]*/[^\s/?#]+(\?\S*)?")
_SOURCE = re.compile(r"(freepbx|realtime)\+(mysql|postgresql|sqlite)://\S+")
_Line = Annotated[str, of_form(r"[^\r\n]+", "must be one line and not empty")]


@contextlib.contextmanager
def naming(setting: str, value: object) -> Iterator[None]:
    """Have an OSError from inside the block name the setting that brought it about."""
    try:
        yield
    except OSError as failed:
        raise OSError(f"{PREFIX}{setting.upper()}={value}: {failed.strerror or failed}") from failed


def systemd_socket() -> str | None:
    """Where systemd, if it started this process, hears how far it is."""
    return os.environ.get("NOTIFY_SOCKET")


def _network(text: str) -> IPv4Network | IPv6Network:
    """The network; one of IPv4 addresses mapped into IPv6 is that of IPv4, as peers' addresses are read."""
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


class Settings(BaseSettings):
    """The settings of one adapter process. Raises ValidationError where one is missing or wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(8080, ge=0, le=65535)
    public_url: _PublicUrl | None = None
    directory: Path
    directory_source: SecretStr | None = None
    directory_copy: Path | None = None
    directory_source_interval_s: float = Field(60.0, ge=1, allow_inf_nan=False)
    token_key: SecretStr = Field(min_length=32)
    token_old_keys: Annotated[tuple[Annotated[SecretStr, Field(min_length=32)], ...], NoDecode] = ()
    token_lifetime_s: int = Field(3600, ge=1)
    token_leeway_s: int = Field(30, ge=0)
    openid_issuer: str | None = None
    openid_jwks_url: _KeysUrl | None = None
    openid_audience: str | None = None
    openid_claim: str = Field("azp", min_length=1)

    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    cors_origins: Annotated[tuple[_Origin, ...], NoDecode] = ()
    requests_per_s: float = Field(200.0, gt=0, allow_inf_nan=False)
    login_failures_per_min: float = Field(10.0, gt=0, allow_inf_nan=False)
    request_timeout_s: float = Field(10.0, gt=0, allow_inf_nan=False)
    idle_timeout_s: float = Field(75.0, gt=0, allow_inf_nan=False)
    events_heartbeat_s: float = Field(15.0, gt=0, allow_inf_nan=False)
    events_kept: int = Field(10_000, ge=1)
    events_queue: int = Field(1_000, ge=1)
    events_streams: int = Field(20, ge=1)

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=1, le=65535)
    ami_username: _Line = "uapi"
    ami_secret: SecretStr
    ami_tls: bool = False
    ami_tls_ca: Path | None = None
    ami_connect_timeout_s: float = Field(5.0, gt=0, allow_inf_nan=False)
    ami_action_timeout_s: float = Field(5.0, gt=0, allow_inf_nan=False)
    ami_ping_interval_s: float = Field(5.0, gt=0, allow_inf_nan=False)
    ami_reconnect_max_s: float = Field(15.0, gt=0, allow_inf_nan=False)
    ami_reconcile_interval_s: float = Field(300.0, gt=0, allow_inf_nan=False)

    audiosocket_port: int | None = Field(None, ge=0, le=65535)

    name: _Name = "main"
    pickup_limit_s: int = Field(600, ge=1)
    follow: Literal["extension", "call"] = "extension"
    single_call: Literal["bare", "collection"] = "bare"
    timezone: str = "UTC"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    lag_interval_s: float = Field(0.1, ge=0.001, allow_inf_nan=False)
    audit_file: Path | None = None
    audit_max_mb: float = Field(100.0, ge=0, allow_inf_nan=False)
    store: SecretStr | None = None
    store_required: bool = True
    store_timeout_s: float = Field(1.0, gt=0, le=60, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _variables_are_known(cls, given: dict[str, object]) -> dict[str, object]:
        # pydantic-settings looks only for the variables it knows: a misspelt one would be passed over.
        names = (name.removeprefix(PREFIX).lower() for name in os.environ if name.startswith(PREFIX))
        unknown = {name: None for name in names if name not in cls.model_fields and name not in NOT_SETTINGS}
        return unknown | given

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks_are_read(cls, value: object) -> object:
        """One sentence for a network that is none, where pydantic has one for each version of IP.

        Of such validators the last one comes first: here the list is split already.
        """
        if not isinstance(value, tuple | list):
            return value
        return tuple(_network(item) if isinstance(item, str) else item for item in value)

    @field_validator("token_old_keys", "trusted_proxies", "cors_origins", mode="before")
    @classmethod
    def _list_is_split(cls, value: object) -> object:
        """In the environment a list is written with commas."""
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @model_validator(mode="after")
    def _openid_is_whole(self) -> Self:
        given = [self.openid_issuer, self.openid_jwks_url, self.openid_audience]
        if any(given) and not all(given):
            raise ValueError("ADAPTER_OPENID_ISSUER, _JWKS_URL and _AUDIENCE belong together")
        return self

    @field_validator("ami_secret")
    @classmethod
    def _secret_is_one_line(cls, secret: SecretStr) -> SecretStr:
        # The secret becomes an AMI header, and a CR or LF in it would begin another.
        text = secret.get_secret_value()
        if not text or "\r" in text or "\n" in text:
            raise ValueError("must be one line and not empty")
        return secret

    @field_validator("store")
    @classmethod
    def _store_is_an_address(cls, store: SecretStr | None) -> SecretStr | None:
        # Not repeated in the error: a password may stand in it.
        if store is not None and _STORE.fullmatch(store.get_secret_value()) is None:
            raise ValueError(
                "must be like sqlite:////var/lib/uapi/store.sqlite or postgresql://user@host/database"
            )
        return store

    @field_validator("directory_source")
    @classmethod
    def _source_is_an_address(cls, source: SecretStr | None) -> SecretStr | None:
        # Not repeated in the error: a password may stand in it.
        if source is not None and _SOURCE.fullmatch(source.get_secret_value()) is None:
            raise ValueError("must be like freepbx+mysql://user:password@host/asterisk")
        return source

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # KeyError: zoneinfo knows none of this name
            raise ValueError("not a time zone of the IANA database, like Europe/Bucharest") from None
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature; no .env here
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence: arguments, environment, TOML file, secrets folder."""
        sources = [init_settings, env_settings]
        path = os.environ.get(CONFIG_VARIABLE)
        if path:
            if not Path(path).is_file():
                raise SystemExit(printable(f"{CONFIG_VARIABLE} names {path}, which is not a file"))
            sources.append(TomlConfigSettingsSource(settings_cls, Path(path)))
        return (*sources, file_secret_settings)


def settings_without_directory(**given: object) -> Settings:
    """The settings of a command that needs neither a directory nor tokens: they may not be there yet.

    What is given goes before the environment. Raises ValidationError.
    """
    unused = {"directory": Path(os.devnull), "token_key": secrets.token_hex(32)}
    return Settings.model_validate(unused | given)
