"""Turns pydantic's errors about settings and the directory into plain words for operators. Pure."""

import re
from collections.abc import Mapping

from pydantic import AfterValidator
from pydantic_core import ErrorDetails

_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "unexpected_keyword_argument": "is not known here",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "too_short": "must have at least {min_length} characters",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a number that is not infinite",
    "greater_than": "must be higher than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "path_type": "must be the path of a file",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "model_type": "must be names with values, like `name: Floor`",
    "dataclass_type": "must be names with values, like `name: Floor`",
}
"""The sentences by pydantic's name of the error; the error's context fills the braces."""


def of_form(pattern: str, words: str) -> AfterValidator:
    """A validator of a text's form; `words` describe the form to an operator."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError(words)
        return text

    return AfterValidator(check)


def plain_error(error: ErrorDetails) -> str:
    """What is wrong, as the end of a sentence that begins with the name of the value."""
    context = error.get("ctx", {})
    if "error" in context:  # a sentence of the adapter's own
        return str(context["error"])
    sentence = _SENTENCES.get(error["type"])
    return error["msg"] if sentence is None else sentence.format_map(_Shown(context))


class _Shown(dict[str, object]):
    """A context that lists the `expected` values without pydantic's quotes and `or`."""

    def __getitem__(self, name: str) -> object:
        value = super().__getitem__(name)
        return str(value).replace("'", "").replace(" or ", ", ") if name == "expected" else value
