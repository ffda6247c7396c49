"""What was expected of a value that a check of pydantic's refused, in one phrase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_EXPECTED: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "extra_forbidden": "is no setting",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
}


def expected_of(problem: Mapping[str, Any]) -> str:
    """Say what was expected.

    Args:
        problem: one of ``ValidationError.errors()``.
    """
    known = _EXPECTED.get(problem["type"])
    if known is None:  # a check of our own says it itself
        return str(problem["msg"]).removeprefix("Value error, ")
    limits = problem.get("ctx", {})
    return known.format(**{name: _plainly(limit) for name, limit in limits.items()})


def _plainly(limit: Any) -> Any:
    """Write 1.0 as 1."""
    return f"{limit:g}" if isinstance(limit, float) else limit
