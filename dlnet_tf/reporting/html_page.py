"""The frame of a page that needs no other file."""

from __future__ import annotations

from html import escape


def html_page(title: str, style: str, body: str, script: str = "") -> str:
    """Return a whole page.

    Args:
        title: in the window's bar, as text.
        style: CSS.
        body: HTML.
        script: JavaScript that runs when the body is there.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body><main>{body}</main>"
        + (f"<script>{script}</script>" if script else "")
        + "</body></html>\n"
    )
