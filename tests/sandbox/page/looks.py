"""Checks for visual defects in what the page draws: in light and dark, on a desktop and on a phone."""

import os
import re
from pathlib import Path
from typing import Literal

from playwright.async_api import Locator, Page

Mode = tuple[Literal["light", "dark"], int]
DESK, PHONE = 1280, 390
TALL = 900
PICTURES = os.environ.get("MAPLE_LOOKS", "")
"""A directory for pictures of everything. With it, all elements are checked in all modes, not only some."""
MODES: tuple[Mode, ...] = (
    (("light", DESK), ("dark", DESK), ("light", PHONE)) if PICTURES else (("light", DESK), ("dark", PHONE))
)
"""The colour scheme and the width of the window, which are independent."""
_LOOKS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


async def flaws(page: Page, drawn: dict[str, Locator]) -> list[str]:
    """Visual defects of these elements, by name, in every mode. The page stays in the last of them."""
    wrong = []
    for scheme, width in _from(page):
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": TALL})
        for name, root in drawn.items():
            wrong += [f"{name}, {scheme}, {width} px: {flaw}" for flaw in await root.evaluate(_LOOKS)]
            if PICTURES:
                file = re.sub(r"\W+", "_", f"{name} {scheme} {width}")
                await root.screenshot(path=Path(PICTURES) / f"{file}.png")
    return wrong


def _from(page: Page) -> list[Mode]:
    """Every mode, starting with the page's own: redrawing takes most of the time."""
    size = page.viewport_size
    assert size
    return sorted(MODES, key=lambda mode: mode[1] != size["width"])
