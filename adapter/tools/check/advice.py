"""Advice for an operator if the adapter cannot connect or log in to AMI. Pure."""

from adapter.ami.errors import LoginRefused

AMI_PLACE = "enable AMI in manager.conf; check ADAPTER_AMI_HOST, _PORT and _TLS"
AMI_CERTIFICATE = (
    "ADAPTER_AMI_TLS_CA must hold the signer's certificate, ADAPTER_AMI_HOST a name in the certificate"
)
OLD_ASTERISK = "upgrade Asterisk: the adapter needs 16 or later"
LOGIN_FAILED = "compare ADAPTER_AMI_USERNAME and _SECRET with manager.conf; check its deny and permit"
ALLOW_MULTIPLE = "allowmultiplelogin = yes for the AMI user, `manager reload`"
LOGIN_IN_USE = (
    f"{ALLOW_MULTIPLE}: the secret is right, and a running adapter or a dead connection "
    "holds the only session"
)


def advice_for_connecting(error: str) -> str:
    """Advice if the adapter cannot connect to AMI."""
    if "CERTIFICATE" in error:
        return AMI_CERTIFICATE
    return OLD_ASTERISK if "older than" in error else AMI_PLACE


def advice_for_login(refusal: str) -> str:
    """Advice if Asterisk refuses the login; `refusal` is Asterisk's own text."""
    return LOGIN_IN_USE if LoginRefused(refusal).is_in_use else LOGIN_FAILED
