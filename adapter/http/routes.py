"""A table of routes: which handler answers what where, and what it is sent and answers.

Each room has tables of its own routes. The application serves them,
and the OpenAPI description is made of them.
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
"""Clients in the field send a slash at the end, and follow no redirect."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path, a query or the head of a request."""

    where: Literal["path", "query", "header"]
    name: str
    description: str
    schema: Schema = field(default_factory=dict)
    """In which a parameter is a string unless it says otherwise."""
    examples: tuple[str, ...] = ()


def parameter(
    where: Literal["path", "query", "header"], name: str, description: str, *examples: str, **schema: object
) -> Parameter:
    """A parameter, its schema's words as keywords."""
    return Parameter(where, name, description, schema, examples)


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer."""

    description: str
    schema: Schema = field(default_factory=dict)
    is_always_there: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no error of a table of errors."""

    status: int
    description: str
    body: type[msgspec.Struct] | None = None
    """What is sent as JSON."""
    parts: tuple[type[msgspec.Struct], ...] = ()
    """What a body is put together from that does not name the types of its parts."""
    narrowed: Schema | None = None
    """What this answer's body keeps to beyond its type."""
    content_types: tuple[str, ...] = ()
    """Of a body that is no JSON of ours."""
    headers: Mapping[str, Header] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request."""

    model: type[BaseModel]
    content_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address: who answers it, and all that the description says of it."""

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    """The address as the description names it."""
    forms: tuple[str, ...] = ()
    """How the address is served, in aiohttp's form, where that is not as described."""
    handler: Handler
    operation_id: str
    summary: str
    description: str = ""
    security: Sequence[Mapping[str, Sequence[str]]] | None = None
    """Who may ask, where that is not who has an App's token."""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: tuple[Answer, ...] = ()
    errors: tuple[ErrorCode, ...] = ()


ANYBODY: tuple[Mapping[str, Sequence[str]], ...] = ()
"""The security of a route that needs no token."""


def add_routes(router: web.UrlDispatcher, routes: Iterable[Route]) -> None:
    """Have all of these served; HEAD wherever GET is."""
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
