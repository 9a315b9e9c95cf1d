"""What is wrong in a profile file, said so that the person who edited it finds the place."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from gridkit.errors import Problem
from gridkit.profile.fields import EXPECTED

_AT = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")

# pydantic's error types, with `{}` filled from the error's own context
_SAID = {
    "missing": ("缺少此项", "is missing"),
    "string_type": ("应为加引号的文字", "must be text in quotes"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_too_long": ("最长 {max_length} 个字", "must have at most {max_length} characters"),
    "int_type": ("应为整数, 不加引号", "must be a whole number without quotes"),
    "int_from_float": ("应为整数", "must be a whole number"),
    "float_type": ("应为数字", "must be a number"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "date_type": ("应为日期, 不加引号, 如 2022-05-01", "must be a date such as 2022-05-01"),
    "tuple_type": ("应为数组 [ … ]", "must be a list [ … ]"),
    "list_type": ("应为数组 [ … ]", "must be a list [ … ]"),
    "dict_type": ("应为表 { … }", "must be a table { … }"),
    "model_type": ("应为表 { … }", "must be a table { … }"),
    "greater_than_equal": ("不得小于 {ge}", "must be {ge} or more"),
    "less_than_equal": ("不得大于 {le}", "must be {le} or less"),
    "literal_error": ("应为 {expected} 之一", "must be one of {expected}"),
    "too_short": ("至少要有 {min_length} 项", "must have {min_length} entries or more"),
}


def toml_problem(name: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    r"""Return where a file stops being TOML, with the line that is at fault.

    Examples
    --------
    >>> text = 'code = "990428"\nzh = “青溪县”\n'
    >>> try:
    ...     tomllib.loads(text)
    ... except tomllib.TOMLDecodeError as error:
    ...     print(toml_problem("county.toml", text, error).row)
    county.toml 第 2 行 / line 2
    """
    found = _AT.search(str(error))
    last = text.count("\n") + 1
    number = int(found[1]) if found and found[1] else last
    lines = text.splitlines()
    line = lines[number - 1].strip()[:60] if number <= len(lines) else ""
    why = _AT.sub("", str(error)).strip()
    return Problem(
        f"{name} 第 {number} 行 / line {number}",
        "TOML",
        f"不符合 TOML 语法: 「{line}」。常见原因: 全角引号或逗号、缺引号、括号未闭合、同一项写了两次",
        f"is not TOML: {line!r} ({why})",
    )


def model_problems(
    name: str, content: Mapping[str, Any], model: type[BaseModel], error: ValidationError
) -> Iterator[Problem]:
    """Yield one problem per fault that a file's model found."""
    for fault in error.errors(include_url=False):
        place = fault["loc"]
        parts = [
            part for part in place if not (isinstance(part, str) and part.startswith("tagged"))
        ]
        row, field = _place(name, content, parts)
        for zh, en in _sayings(dict(fault), model, parts):
            yield Problem(row, field, zh, en)


def _place(name: str, content: Any, parts: list[int | str]) -> tuple[str, str]:
    """Return the row (`demands.toml type[3] renovation`) and the field (`zh`)."""
    steps: list[str] = []
    for part in parts:
        content = _inside(content, part)
        if isinstance(part, str):
            steps.append(part)
            continue
        steps[-1:] = [f"{steps[-1] if steps else ''}[{part + 1}]"]
        if isinstance(content, dict):
            title = content.get("code", content.get("id"))
            steps[-1] += f" {title}" if isinstance(title, str) else ""
    field = steps.pop() if steps else "-"
    return " ".join([name, *steps]), field


def _inside(content: Any, part: int | str) -> Any:
    if isinstance(content, dict):
        return content.get(part)
    if isinstance(content, list) and isinstance(part, int) and part < len(content):
        return content[part]
    return content if isinstance(part, str) else None


def _sayings(
    fault: dict[str, Any], model: type[BaseModel], parts: list[int | str]
) -> Iterator[tuple[str, str]]:
    kind, context = fault["type"], fault.get("ctx", {})
    shown = _shown(fault["input"])
    if kind == "extra_forbidden":
        yield _unknown_key(model, parts)
    elif kind == "missing":
        yield _SAID["missing"]
    elif kind == "value_error":
        for said in str(context["error"]).split("; "):
            zh, _, en = said.partition(" / ")
            yield zh, en or zh
    else:
        zh, en = _expected(kind, context) or (f"不符合要求 ({fault['msg']})", fault["msg"])
        yield f"{zh}, 现为 {shown}", f"{en}; it is {shown}"


def _expected(kind: str, context: dict[str, Any]) -> tuple[str, str] | None:
    if kind == "string_pattern_mismatch":
        said = EXPECTED.get(context["pattern"])
        return said and (f"应为{said[0]}", f"must be {said[1]}")
    if kind not in _SAID:
        return None
    zh, en = _SAID[kind]
    return zh.format(**context), en.format(**context)


def _unknown_key(model: type[BaseModel], parts: list[int | str]) -> tuple[str, str]:
    key = str(parts[-1])
    known = _keys(model, parts[:-1])
    zh, en = near_names(key, known)
    return f"没有这一项{zh}", f"is no known key{en}"


def near_names(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return the ending of a message: the name that was probably meant, or all there are."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; 是否应为 `{near[0]}`?", f"; did you mean `{near[0]}`?"
    listed = ", ".join(known[:20])
    return f"; 可用: {listed}", f"; there are: {listed}"


def _keys(model: type[BaseModel], parts: list[int | str]) -> list[str]:
    """Return the keys that the table at this place may have."""
    found: Any = model
    for part in parts:
        if isinstance(part, str) and isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(part)
            found = _model_in(field.annotation) if field else None
    return list(found.model_fields) if found else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return f"{'表' if isinstance(value, dict) else '数组'} ({len(value)})"
    text = "true" if value is True else "false" if value is False else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
