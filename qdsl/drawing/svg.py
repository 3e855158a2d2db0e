"""SVG and HTML as text, with everything escaped that comes from a user."""

from __future__ import annotations

import html

Attributes = dict[str, str | int | float | None]


def safe(text: str) -> str:
    """Text that may stand in HTML and SVG, quoted attributes included.

    Characters that move the cursor, hide or reorder text are shown as escapes.
    """
    from qdsl.diagnostics.printable import clean

    return html.escape(clean(text), quote=True)


def tag(name: str, content: str = "", /, **attributes: str | int | float | None) -> str:
    """An element. `content` is markup; attribute values are escaped; `font_size` is written
    `font-size`, `class_` as `class`; None leaves an attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _value(value: str | int | float) -> str:
    return number(value) if isinstance(value, int | float) else safe(value)


def number(x: float) -> str:
    """At most two decimals, no trailing zeros."""
    return f"{x:.2f}".rstrip("0").rstrip(".") if x != int(x) else str(int(x))


def label(x: float, y: float, words: str, **attributes: str | int | float | None) -> str:
    """A `text` element."""
    return tag("text", safe(words) or " ", x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | int | float | None) -> str:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def picture(
    width: float, height: float, title: str, content: str, style: str = "", class_: str = ""
) -> str:
    """A whole SVG picture with its title for those who cannot see it."""
    head = tag("title", safe(title)) + (f"<style>{style}</style>" if style else "")
    return tag(
        "svg", head + content, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=title,
        viewBox=f"0 0 {number(width)} {number(height)}", width=width, height=height,
        class_=class_ or None,
    )  # fmt: skip
