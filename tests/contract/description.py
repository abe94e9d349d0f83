"""The OpenAPI description as a test reads it: what it says, and whether an answer keeps to it."""

import json
from typing import Any

from openapi_schema_validator import OAS31Validator

from adapter.lab.adapter_process import Answer

Json = dict[str, Any]


class Description:
    """The description that a service answered."""

    def __init__(self, document: Json) -> None:
        self.document = document

    def operations(self) -> set[tuple[str, str]]:
        """Each operation as method and path."""
        return {
            (method.upper(), path)
            for path, item in self.document["paths"].items()
            for method in item
            if method != "parameters"
        }

    def codes(self) -> set[str]:
        """Every error code that any operation says it answers."""
        return {
            code
            for method, path in self.operations()
            for response in self.responses(method, path).values()
            for code in _codes(response)
        }

    def responses(self, method: str, path: str) -> dict[str, Json]:
        """The answers of an operation, by status."""
        responses: dict[str, Json] = self.document["paths"][path][method.lower()]["responses"]
        return responses

    def faults(self, method: str, path: str, answer: Answer) -> list[str]:
        """In what the answer differs from what the description says of it."""
        response = self.responses(method, path).get(str(answer.status))
        if response is None:
            return [f"the status {answer.status} is not described"]
        headers = {name.lower(): value for name, value in answer.headers.items()}
        missing = [
            f"the header {name} is missing"
            for name, header in response.get("headers", {}).items()
            if header["required"] and name.lower() not in headers
        ]
        content: Json = response.get("content", {})
        if not content:
            return missing + (["there is a body"] if answer.text else [])
        content_type = headers["content-type"].partition(";")[0]
        if content_type not in content:
            return [*missing, f"the content type {content_type} is not described"]
        schema = content[content_type].get("schema")
        if schema is None:
            return missing
        validator = OAS31Validator({**schema, "components": self.document["components"]})
        return missing + [error.message for error in validator.iter_errors(json.loads(answer.text))]


def _codes(response: Json) -> list[str]:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return [
        code
        for part in schema.get("allOf", ())
        for code in part.get("properties", {})
        .get("error", {})
        .get("properties", {})
        .get("code", {})
        .get("enum", ())
    ]
