"""Tables of routes: for each method and address its handler, parameters, body, answers and errors.

Each room has tables of its own routes. The application serves them, and the OpenAPI description is made from
them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from adapter.http.errors import ErrorCode

Schema = Mapping[str, object]
SLASHES = ("", "/")
"""Some clients send a slash at the end, and do not follow redirects."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path, a query or the head of a request."""

    where: Literal["path", "query", "header"]
    name: str
    description: str
    schema: Schema = field(default_factory=dict)
    """The schema of a parameter without one: a string."""
    examples: tuple[str, ...] = ()


def parameter(
    where: Literal["path", "query", "header"], name: str, description: str, *examples: str, **schema: object
) -> Parameter:
    """Make a parameter; the keywords are those of its schema."""
    return Parameter(where, name, description, schema, examples)


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer."""

    description: str
    schema: Schema = field(default_factory=dict)
    is_always_there: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not in a table of errors."""

    status: int
    description: str
    body: type[msgspec.Struct] | None = None
    """The type of the JSON body."""
    parts: tuple[type[msgspec.Struct], ...] = ()
    """The types of the body's parts, if the type of the body does not name them."""
    narrowed: Schema | None = None
    """A schema that narrows the type of the body for this answer."""
    content_types: tuple[str, ...] = ()
    """The content types of a body that is not JSON."""
    headers: Mapping[str, Header] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request."""

    model: type[BaseModel]
    content_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address: its handler and its description."""

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    """The address, as in the description."""
    forms: tuple[str, ...] = ()
    """The addresses to serve, in aiohttp's form, if they differ from `path`."""
    handler: Handler
    operation_id: str
    summary: str
    description: str = ""
    security: Sequence[Mapping[str, Sequence[str]]] | None = None
    """The security schemes, if they are not an App's token."""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: tuple[Answer, ...] = ()
    errors: tuple[ErrorCode, ...] = ()


ANYBODY: tuple[Mapping[str, Sequence[str]], ...] = ()
"""The security of a route that needs no token."""


def add_routes(router: web.UrlDispatcher, routes: Iterable[Route]) -> None:
    """Serve all of these routes, and HEAD wherever there is GET."""
    by_form: dict[str, list[Route]] = {}
    for route in routes:
        for form in route.forms or (route.path,):
            by_form.setdefault(form, []).append(route)
    for form, served in by_form.items():
        for route in served:
            if route.method == "GET":
                router.add_get(form, route.handler)
            else:
                router.add_route(route.method, form, route.handler)
