"""The one place where text becomes part of a page.

Folium puts text into HTML, into JavaScript template literals and twice through a template
engine. What leaves here means itself, and nothing more, in all of these.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

# html.escape alone lets `${…}` run inside a template literal, a backtick end it, a
# backslash begin an escape, and braces begin an expression of Jinja (methods.md §1).
_ENTITIES = {c: html.escape(c) for c in "&<>\"'"} | {c: f"&#{ord(c)};" for c in "`$\\{}"}
# Marks that turn the reading direction around, so that a text could pretend to be another.
_INVISIBLE = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F, 0x2028, 0x2029]
)
# In one pass, as thousands of names go through it.
_HARMLESS = str.maketrans({**_ENTITIES, **_INVISIBLE})

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


def safe(text: Any) -> str:
    r"""Make any text harmless in a map: it is shown as typed and never runs.

    Parameters
    ----------
    text : object
        Converted with ``str``; a missing value becomes the empty text.

    Returns
    -------
    str
        HTML with entities for ``& < > " '`` and for ``` ` $ \ { }```; marks that turn the
        reading direction are left out.

    Examples
    --------
    >>> safe("水压<5 & ${x}")
    '水压&lt;5 &amp; &#36;&#123;x&#125;'
    >>> safe(None)
    ''
    """
    if not isinstance(text, str) and (
        text is None or (pd.api.types.is_scalar(text) and pd.isna(text))
    ):
        return ""
    return str(text).translate(_HARMLESS)


def script_json(value: Json) -> str:
    r"""Write a value as JSON that can stand inside a script element.

    Parameters
    ----------
    value : JSON value
        Texts in it must have gone through `safe` if a page will show them.

    Returns
    -------
    str
        Compact JSON in which no ``<`` is left, so that it cannot end the script.

    Examples
    --------
    >>> script_json({"a": "</script>"})
    '{"a":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
