"""Takes out what each httpx client and each of its requests costs besides the request."""

import importlib
import sys
from functools import cache

import httpx


def share_certificates() -> None:
    """httpx reads the certificate authorities anew for each client: longer than most tests take to ask."""
    transports = importlib.import_module("httpx._transports.default")
    setattr(transports, "create_ssl_context", cache(httpx.create_ssl_context))  # noqa: B010


def never_look_for_sniffio() -> None:
    """httpcore tries to import sniffio several times a request, and without it takes asyncio for granted.
    Each import that fails looks through all folders of installed packages."""
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
