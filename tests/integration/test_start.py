"""What `serve` says where it cannot start: which setting it is, and by its status whether to try again."""

import os
import sys
from pathlib import Path

import pytest

from adapter.lab.processes import run_process

ENDS_WITHIN_S = 20.0
CANNOT, WRONG = 1, 2
"""The exit statuses. What cannot be done now may be mended without another setting: systemd tries again."""


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        ({"DIRECTORY": "/nowhere"}, CANNOT, "ADAPTER_DIRECTORY=/nowhere: No such file"),
        ({"DIRECTORY": "/"}, CANNOT, "ADAPTER_DIRECTORY=/: Is a directory"),
        ({"AUDIT_FILE": "/nowhere/audit"}, CANNOT, "ADAPTER_AUDIT_FILE=/nowhere/audit: No such file"),
        ({"AMI_TLS": "true", "AMI_TLS_CA": "/nowhere"}, CANNOT, "ADAPTER_AMI_TLS_CA=/nowhere: No such file"),
        ({"LISTEN_HOST": "256.0.0.1"}, CANNOT, "ADAPTER_LISTEN_HOST=256.0.0.1: "),
        ({"STORE": "sqlite:////nowhere/s"}, CANNOT, "ADAPTER_STORE=sqlite:////nowhere/s: No such file"),
        ({"STORE": "sqlite:////dev/null"}, CANNOT, "ADAPTER_STORE=sqlite:////dev/null: Is no regular file"),
        ({"STORE": "mysql://a:secret@b/c"}, WRONG, "ADAPTER_STORE: must be like sqlite:////var/lib"),
        ({"STORE_TIMEOUT_S": "0"}, WRONG, "ADAPTER_STORE_TIMEOUT_S: must be higher than 0"),
        ({"OPENID_ISSUER": "x"}, WRONG, "ADAPTER_OPENID_ISSUER, _JWKS_URL and _AUDIENCE belong together"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,x"}, WRONG, "ADAPTER_TRUSTED_PROXIES: 'x' does not appear to be "),
        ({"CORS_ORIGINS": "https://desk.example,*"}, WRONG, "ADAPTER_CORS_ORIGINS: must be origins like "),
    ],
)
async def test_a_start_that_fails_names_the_setting(
    directory: Path, settings: dict[str, str], status: int, said: str
) -> None:
    """In one line, as its last; and no Asterisk is needed to find out."""
    required = {"DIRECTORY": str(directory), "TOKEN_KEY": "k" * 32, "AMI_SECRET": "s", "LISTEN_PORT": "0"}
    environment = {
        **os.environ,
        **{f"ADAPTER_{name}": value for name, value in (required | settings).items()},
    }
    command = (sys.executable, "-m", "adapter", "serve")
    ended = await run_process(*command, within=ENDS_WITHIN_S, environment=environment)
    assert (ended.status, said in ended.err.splitlines()[-1]) == (status, True), ended
