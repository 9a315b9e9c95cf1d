"""The XML of Open311: elements named as the fields, nothing that XML cannot hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from gridkit.exchange.escaping import writable_text


def to_xml(root: str, item: str, rows: Sequence[dict[str, Any]]) -> bytes:
    """Write rows as the spec's XML: within a root, or each as one where there is no item.

    Examples
    --------
    >>> to_xml("services", "service", [{"service_code": "a&b", "group": None}])[39:]
    b'<services><service><service_code>a&amp;b</service_code><group /></service></services>'
    """
    top = ET.Element(root)
    for row in rows:
        _append(ET.SubElement(top, item) if item else top, row)
    written: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return written


_ITEMS = {"attributes": "attribute", "values": "value"}


def _append(parent: ET.Element, row: dict[str, Any]) -> None:
    for name, value in row.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, list):
            for one in value:
                _append(ET.SubElement(child, _ITEMS[name]), one)
        elif value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            child.text = writable_text(text)
