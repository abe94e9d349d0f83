"""Serves the OpenAPI description and a page that shows it. The page loads nothing from other hosts."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from adapter.documentation.openapi import describe
from adapter.http.routes import ANYBODY, JSON, Answer, Route, parameter
from adapter.http.shared_body import SharedBody

_TYPES = {".css": "text/css", ".js": "text/javascript"}
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>UnifiedAPI phone calls</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script defer src="docs/swagger-ui-bundle.js"></script>
<script defer src="docs/begin.js"></script>
</head>
<body><div id="page"></div></body>
</html>
"""
# With the default validatorUrl, Swagger UI would send the description to a validator on the Internet.
_BEGIN = b"""\
SwaggerUIBundle({url: "openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null});
"""
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Documentation:
    """`/openapi.json` and `/docs`, which describe these routes."""

    def __init__(self, routes: Sequence[Route], public_url: str | None) -> None:
        self._files = {name: SharedBody(whole) for name, whole in (*_swagger_ui(), ("begin.js", _BEGIN))}
        self.routes = self._routes()
        self._description = SharedBody(describe([*routes, *self.routes], public_url))

    async def describe(self, _: web.Request) -> web.Response:
        """Answer the description."""
        return web.Response(body=self._description, content_type="application/json")

    async def page(self, _: web.Request) -> web.Response:
        """Answer the page."""
        return web.Response(text=_PAGE, content_type="text/html", headers=_PAGE_HEADERS)

    async def file(self, request: web.Request) -> web.Response:
        """Answer a file of the page's."""
        name = request.match_info["file"]
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(
            body=self._files[name],
            content_type=_TYPES[Path(name).suffix],
            headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    def _routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/openapi.json",
                handler=self.describe,
                operation_id="getDescription",
                summary="This description",
                security=ANYBODY,
                answers=(Answer(200, "The OpenAPI description.", content_types=(JSON,)),),
            ),
            Route(
                method="GET",
                path="/docs",
                handler=self.page,
                operation_id="getPage",
                summary="This description as a page",
                security=ANYBODY,
                answers=(Answer(200, "The page.", content_types=("text/html",)),),
            ),
            Route(
                method="GET",
                path="/docs/{file}",
                handler=self.file,
                operation_id="getPageFile",
                summary="A file of the page",
                security=ANYBODY,
                parameters=(parameter("path", "file", "The name of the file.", enum=list(self._files)),),
                answers=(Answer(200, "The file.", content_types=tuple(_TYPES.values())),),
            ),
        ]


def _swagger_ui() -> list[tuple[str, bytes]]:
    """The files of Swagger UI, from a package that is installed but not imported."""
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package swagger-ui-py is not installed")
    folder = Path(spec.origin).parent / "static"
    return [(name, (folder / name).read_bytes()) for name in _FILES]
