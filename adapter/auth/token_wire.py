"""The requests and answers of the token endpoint (RFC 6749, section 4.4). Pure."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

GRANT_TYPE = "client_credentials"
RefusalCode = Literal["invalid_request", "invalid_client", "unsupported_grant_type"]


class TokenRequest(BaseModel):
    """The client sends its id and secret here or by HTTP Basic. The service ignores other fields."""

    model_config = ConfigDict(frozen=True)

    grant_type: Annotated[str, Field(min_length=1), WithJsonSchema({"type": "string", "const": GRANT_TYPE})]
    client_id: str | None = Field(None, examples=["wallboard"])
    client_secret: str | None = None
    redirect_uri: str | None = Field(None, description="Ignored.")
    type: str | None = Field(None, description="Ignored.", examples=["unifiedapi"])


class Token(Struct, forbid_unknown_fields=True):
    """A token (RFC 6749, section 5.1)."""

    access_token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+$")]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(ge=1, description="For how many seconds the token is valid.")]


class TokenRefused(Struct, forbid_unknown_fields=True):
    """Why the service issued no token (RFC 6749, section 5.2)."""

    error: RefusalCode
