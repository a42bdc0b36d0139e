"""One HTML file from a template: styles, scripts and data inline, nothing fetched, a strict policy in force.

A page opens from a file, so it may name no second file. The content security policy allows exactly the inline style
sheet and script that were put in, by their SHA-256; a value that smuggles in a script or a style is text, and would
not run if it were not. Style attributes are blocked as well: templates use classes and SVG attributes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cxrbench.leaderboard.page import text
from cxrbench.leaderboard.page.names import score_title

_ROOM = Path(__file__).parent.parent
_STATIC = Path(__file__).parent / "static"


def render(
    template: str,
    *,
    title: str,
    data: Mapping[str, Any] | None = None,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    images: Sequence[str] = (),
    **values: Any,
) -> str:
    """A whole page.

    Args:
        template: File name in `cxrbench/leaderboard/templates` that extends `page.html`.
        title: Of the document; plain text.
        data: What the scripts read, put in as JSON (element id `data`).
        scripts: File names in `page/static`, run in this order after `page.js`.
        styles: File names in `page/static`, after `page.css`.
        images: Sources of pictures that the page may load, for example "data:" or "file:"; none by default.
        values: For the template; a name it uses and does not get is an error.
    """
    style = "\n".join(_static(name) for name in ("page.css", *styles))
    script = "\n".join(_static(name) for name in ("page.js", *scripts))
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            f"img-src {' '.join(images) or chr(39) + 'none' + chr(39)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            policy=policy,
            style=Markup(style),
            script=Markup(script),
            data=None if data is None else embedded(data),
            **values,
        )
    )


def embedded(data: Any) -> Markup:
    """JSON that may stand inside a script element: no `<`, `>` or `&`, so nothing in it can end the element.

    Raises:
        ValueError: A number is NaN or infinite, which JSON does not have.
    """
    source = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        source = source.replace(character, f"\\u{ord(character):04x}")
    return Markup(source)


@cache
def _static(name: str) -> str:
    source = (_STATIC / name).read_text(encoding="utf-8").strip()
    if "</script" in source or "</style" in source:
        raise ValueError(f"{name} would end its own element")
    return source


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_ROOM / "templates", _ROOM / "page" / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "plain": text.plain,
        "shortened": text.shortened,
        "title_of": score_title,
        "number": text.number,
        "signed": text.signed,
        "interval": text.interval,
        "share": text.share,
        "p_value": text.p_value,
        "count": text.count,
        "figure": text.figure,
    }
    return environment
