"""An AMI session for a command, with the settings that `serve` has."""

import ssl

from adapter.ami.session import OnMessage, Session
from adapter.settings import Settings


def make_session(settings: Settings, on_message: OnMessage) -> Session:
    """A session that is not open yet. Raises OSError where the TLS certificates cannot be read."""
    return Session(
        host=settings.ami_host,
        port=settings.ami_port,
        username=settings.ami_username,
        secret=settings.ami_secret.get_secret_value(),
        tls=ssl.create_default_context(cafile=settings.ami_tls_ca) if settings.ami_tls else None,
        on_message=on_message,
    )
