"""The settings of a command beside the fake Asterisk."""

from pathlib import Path

from adapter.lab.fake_ami import FakeAmi
from adapter.settings import Settings


def command_settings(ami: FakeAmi, directory: Path, **limits: float) -> Settings:
    """Those of every command, and its limits: they do not stand in the environment of the tests."""
    settings: dict[str, object] = {
        "directory": directory,
        "token_key": "k" * 32,
        "ami_host": ami.host,
        "ami_port": ami.port,
        "ami_secret": ami.secret,
    }
    return Settings.model_validate({**settings, **limits})
