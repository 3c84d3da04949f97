"""Turns an HTTP response into a model or an error. No I/O."""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.autumn.errors import Garbled, Refused, refused
from bot.kit import retry_after as waits

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Parse: TypeAlias = Callable[[bytes], T]
"""Parses the body of an answer. May raise ValidationError, ValueError or RecursionError."""

_DETAIL_LENGTH = 300
_MOST_DIGITS = 40
_KEY = re.compile(r"am_(?:sk|pk)_\w*\**")


def model(shape: type[M], response: httpx.Response, *, request: str) -> M:
    """The answer as `shape`. Raises Refused for an error status, Garbled for anything unreadable."""
    return answer(as_model(shape), response, request=request)


def as_model(shape: type[M]) -> Parse[M]:
    return lambda content: shape.model_validate(_decode(content))


def answer(parse: Parse[T], response: httpx.Response, *, request: str) -> T:
    """Like `model`, with a parser for the body."""
    if response.status_code >= 400:
        raise refusal(response, request=request)
    if response.status_code != 200:
        raise Garbled(f"The answer had status {response.status_code}.", request=request)
    try:
        return parse(response.content)
    except ValidationError as error:
        raise Garbled(_where(error), request=request) from None
    except (ValueError, RecursionError):
        raise Garbled("The answer is not JSON, or not of the documented shape.", request=request) from None


def done(response: httpx.Response, *, request: str) -> Any:
    """The answer to an accepted write; None if it cannot be read, since the write was accepted anyway. Raises
    Refused, or Garbled for a redirect."""
    if response.status_code >= 400:
        raise refusal(response, request=request)
    if not response.is_success:
        raise Garbled(f"The answer had status {response.status_code}.", request=request)
    try:
        return _decode(response.content)
    except (ValueError, RecursionError):
        return None


def refusal(response: httpx.Response, *, request: str) -> Refused:
    """The error for a status of 400 or above. The status decides; the body may be anything."""
    status = response.status_code
    message, code = _error_details(response)
    return refused(status, code)(
        message, request=request, status=status, code=code, retry_after=retry_after(response)
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait before the next request, from Retry-After or RateLimit-Reset; None without either."""
    # RateLimit-Reset is on every answer, but only matters once the limit is reached.
    names = ("retry-after", "ratelimit-reset") if response.status_code == 429 else ("retry-after",)
    for name in names:
        value = response.headers.get(name)
        if value is not None and (seconds := waits.seconds(value)) is not None:
            return seconds
    return None


def without_key(text: str) -> str:
    """`text` with anything that looks like an Autumn key redacted."""
    return _KEY.sub("am_…", text)


def _error_details(response: httpx.Response) -> tuple[str, str]:
    try:
        body = _decode(response.content)
    except (ValueError, RecursionError):
        plain = response.headers.get("content-type", "").startswith("text/plain")
        # Not the charset that the answer names: some of Python's codecs decompress without a limit.
        return (_short(response.content.decode(errors="replace")) if plain else ""), ""
    if not isinstance(body, dict):
        return "", ""
    return _short(body.get("message")), _short(body.get("code"))


def _short(text: object) -> str:
    if not isinstance(text, str):
        return ""
    return without_key(" ".join(text.split()))[:_DETAIL_LENGTH]


def _decode(content: bytes) -> Any:
    return json.loads(content, parse_float=_number, parse_int=_integer, parse_constant=_constant)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("not a quantity")
    return number


def _integer(text: str) -> int:
    # No real quantity has forty digits, and formatting a huge number would fail.
    if len(text) > _MOST_DIGITS:
        raise ValueError("not a quantity")
    return int(text)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _where(error: ValidationError) -> str:
    """Which fields were wrong, without their values, which may be customer data."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    places = (".".join(str(step) for step in problem["loc"]) or "the body" for problem in problems[:3])
    return f"The answer is not of the documented shape: {', '.join(places)}."
