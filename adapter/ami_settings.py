"""Makes what the AMI room needs from the settings, for the service and for the commands."""

import ssl

from adapter.ami.link import LinkSettings
from adapter.ami.session import OnMessage, Session
from adapter.settings import Settings, naming


def link_settings(settings: Settings) -> LinkSettings:
    """The settings of the link. Raises OSError if the TLS certificates cannot be read."""
    return LinkSettings(
        host=settings.ami_host,
        port=settings.ami_port,
        username=settings.ami_username,
        secret=settings.ami_secret.get_secret_value(),
        tls=_tls(settings),
        connect_timeout_s=settings.ami_connect_timeout_s,
        action_timeout_s=settings.ami_action_timeout_s,
        ping_interval_s=settings.ami_ping_interval_s,
        reconnect_max_s=settings.ami_reconnect_max_s,
        reconcile_interval_s=settings.ami_reconcile_interval_s,
        wants_audiosocket=settings.audiosocket_port is not None,
    )


def make_session(settings: Settings, on_message: OnMessage) -> Session:
    """A session that is not open yet. Raises OSError as above."""
    return Session(
        host=settings.ami_host,
        port=settings.ami_port,
        username=settings.ami_username,
        secret=settings.ami_secret.get_secret_value(),
        tls=_tls(settings),
        on_message=on_message,
    )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    with naming("ami_tls_ca", settings.ami_tls_ca):
        return ssl.create_default_context(cafile=settings.ami_tls_ca) if settings.ami_tls else None
