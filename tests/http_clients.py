"""Removes the overhead of httpx clients and their requests in tests."""

import importlib
import sys
from functools import cache

import httpx


def share_certificates() -> None:
    """httpx reads the certificate authorities for each client, which takes longer than most tests'
    requests."""
    transports = importlib.import_module("httpx._transports.default")
    setattr(transports, "create_ssl_context", cache(httpx.create_ssl_context))  # noqa: B010


def never_look_for_sniffio() -> None:
    """httpcore tries to import sniffio several times per request and assumes asyncio without it. Each failing
    import searches all installed packages."""
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
