"""Makes the OpenAPI 3.1 description of the service from its tables of routes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from adapter.documentation.text import DESCRIPTION, TITLE
from adapter.http.errors import Error, ErrorCode, HttpCode
from adapter.http.routes import JSON, Answer, Header, Parameter, Route, Schema

Json = dict[str, object]

_REF = "#/components/schemas/{}"
_ALWAYS = (
    HttpCode.REQUEST_MALFORMED,
    HttpCode.RESOURCE_NOT_FOUND,
    HttpCode.METHOD_NOT_ALLOWED,
    HttpCode.CONTENT_ENCODING_INVALID,
    HttpCode.INTERNAL_SERVER_ERROR,
)
"""The errors that the middleware answers at every address."""
_RETRY_AFTER = Header("After how many seconds to try again.", {"pattern": "^[0-9]+$"})
_WAIT_APPLIED = Header("`wait=N`, where the answer was held.", is_always_there=False)
_ERROR_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": Header("The scheme to use.", {"enum": ["Bearer"]})},
    HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": Header("The methods that the address takes.")},
    HTTPStatus.CONFLICT: {"Preference-Applied": _WAIT_APPLIED},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": _RETRY_AFTER},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": _RETRY_AFTER},
    HTTPStatus.GATEWAY_TIMEOUT: {"Preference-Applied": _WAIT_APPLIED},
}


def describe(routes: Sequence[Route], public_url: str | None) -> bytes:
    """The description of these routes, as JSON."""
    paths: dict[str, Json] = {}
    for route in routes:
        item = paths.setdefault(route.path, {})
        shared = [_parameter(one) for one in route.parameters if one.where == "path"]
        if shared:
            item["parameters"] = shared
        item[route.method.lower()] = _operation(route)
    return msgspec.json.encode(
        {
            "openapi": "3.1.1",
            "info": {"title": TITLE, "version": version("uapi-adapter"), "description": DESCRIPTION},
            "servers": [{"url": public_url or "/"}],
            "security": [{"bearer": []}, {"oauth": []}],
            "components": {
                "schemas": _schemas(routes),
                "securitySchemes": _security_schemes((public_url or "").rstrip("/")),
            },
            "paths": paths,
        }
    )


def _security_schemes(address: str) -> Json:
    grant = {"tokenUrl": f"{address}/oauth/token.php", "scopes": {}}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An App's token."},
        "oauth": {"type": "oauth2", "flows": {"clientCredentials": grant}},
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "An App's id and secret (RFC 6749, 2.3.1).",
        },
    }


def _operation(route: Route) -> Json:
    found: Json = {"operationId": route.operation_id, "summary": route.summary}
    if route.description:
        found["description"] = route.description
    if route.security is not None:
        found["security"] = list(route.security)
    parameters = [_parameter(one) for one in route.parameters if one.where != "path"]
    if parameters:
        found["parameters"] = parameters
    if route.body is not None:
        schema = _ref(route.body.model)
        found["requestBody"] = {"required": True, "content": {route.body.content_type: {"schema": schema}}}
    answers = {str(answer.status): _answer(answer) for answer in route.answers}
    found["responses"] = dict(sorted({**_errors(route.errors), **answers}.items()))
    return found


def _parameter(parameter: Parameter) -> Json:
    found: Json = {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        "required": parameter.where == "path",
        "schema": {"type": "string", **parameter.schema},
    }
    if parameter.examples:
        found["examples"] = {one: {"value": one} for one in parameter.examples}
    return found


def _answer(answer: Answer) -> Json:
    found: Json = {"description": answer.description}
    content: dict[str, Json] = {content_type: {} for content_type in answer.content_types}
    if answer.body is not None:
        schema = _ref(answer.body)
        content[JSON] = {"schema": {"allOf": [schema, answer.narrowed]} if answer.narrowed else schema}
    if content:
        found["content"] = content
    if answer.headers:
        found["headers"] = {
            name: {
                "description": header.description,
                "required": header.is_always_there,
                "schema": {"type": "string", **header.schema},
            }
            for name, header in answer.headers.items()
        }
    return found


def _errors(kinds: Iterable[ErrorCode]) -> dict[str, Json]:
    """The answers with these codes, and with those of every address, by status."""
    found: dict[HTTPStatus, set[str]] = defaultdict(set)
    for kind in (*kinds, *_ALWAYS):
        found[kind.status].add(kind.code)
    return {str(status.value): _answer(_error(status, sorted(codes))) for status, codes in found.items()}


def _error(status: HTTPStatus, codes: list[str]) -> Answer:
    return Answer(
        status,
        f"{status.phrase}: {', '.join(f'`{code}`' for code in codes)}.",
        Error,
        narrowed={"properties": {"error": {"properties": {"code": {"enum": codes}}}}},
        headers=_ERROR_HEADERS.get(status, {}),
    )


def _ref(model: type[msgspec.Struct] | type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model.__name__)}


def _schemas(routes: Iterable[Route]) -> Json:
    """The schemas of all bodies, by the names of their types."""
    answers: dict[type[msgspec.Struct], None] = {Error: None}
    bodies: dict[type[BaseModel], None] = {}
    for route in routes:
        for answer in route.answers:
            answers |= dict.fromkeys(answer.parts if answer.body is None else (answer.body, *answer.parts))
        if route.body is not None:
            bodies[route.body.model] = None
    _, sent = msgspec.json.schema_components(answers, ref_template=_REF.format("{name}"))
    _, read = models_json_schema(
        [(model, "validation") for model in bodies], ref_template=_REF.format("{model}")
    )
    return _tidy({**sent, **read.get("$defs", {})})


def _tidy(schema: Json) -> Json:
    """Write the schema as other tools do: an optional field cannot be null, and enums have type string."""
    tidied = {name: _tidy(value) if isinstance(value, dict) else value for name, value in schema.items()}
    if tidied.get("default", 0) is None:
        del tidied["default"]
    if tidied.get("required") == []:
        del tidied["required"]
    if isinstance(tidied.get("enum"), list):
        tidied["type"] = "string"
    return tidied
