"""What a mapping must hold beyond its shape: known fields, known codes, nothing missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from gridkit.errors import Problem
from gridkit.records.spec import ACTIONS, CONCERN, NONE_CODE, STEP, FieldSpec
from gridkit.records.validate import known_codes

if TYPE_CHECKING:
    from gridkit.exchange.mapping import Mapping
    from gridkit.profile import Profile

# what a row cannot say of itself
_NOT_MAPPED = {"visit_id", "photo"}
_JOINED = {"text", "reference", "many_of"}
_SPECIAL = ("reject", "blank")


def mapping_problems(
    mapping: Mapping,
    profile: Profile | None,
    broken: set[str] = frozenset(),  # type: ignore[assignment]
) -> list[Problem]:
    """List what is wrong with a mapping whose shape is right.

    Parameters
    ----------
    mapping : Mapping
        As read.
    profile : Profile or None
        The county's tables; without it codes go unchecked.
    broken : set of str
        Sections that could not be read; what depends on them is not judged.

    Returns
    -------
    list of Problem
        `row` is the key in the TOML file.
    """
    found = [*_field_problems(mapping), *_step_problems(mapping)]
    if not broken & {"columns", "constants"}:
        found += _missing(mapping)
    if not broken & {"columns", "place"}:
        found += _datum_problems(mapping)
    if profile is not None:
        found += _code_problems(mapping, profile)
    return found


def structure_problems(faults: Sequence[Any]) -> list[Problem]:
    """Put pydantic's errors into words: key, and what was expected."""
    return [_structure_problem(fault) for fault in faults]


# pydantic's error types that a writer of TOML meets
_WORDS = {
    "missing": ("缺少这一项", "is required and missing"),
    "extra_forbidden": ("没有这个键; 请检查拼写", "there is no such key; check the spelling"),
    "string_type": ("须为文字 (加引号)", "must be text, in quotes"),
    "bool_type": ("须为 true 或 false", "must be true or false"),
    "model_type": ("须为一节 ([...])", "must be a section ([...])"),
    "dict_type": ("须为一节 ([...])", "must be a section ([...])"),
    "string_pattern_mismatch": (
        "须为 2 至 40 个小写字母、数字、- 或 _",
        "must be 2 to 40 small letters, digits, - or _",
    ),
}


def _structure_problem(fault: Any) -> Problem:
    # pydantic adds the tried alternatives of a union behind the key: not for a reader
    loc = [str(part) for part in fault["loc"]]
    while len(loc) > 1 and _is_alternative(loc[-1]):
        loc.pop()
    key = ".".join(loc)
    kind = str(fault["type"])
    if kind == "literal_error":
        expected = str(fault["ctx"]["expected"])
        zh, en = f"须为 {expected} 之一", f"must be one of {expected}"
    elif kind in _WORDS:
        zh, en = _WORDS[kind]
    else:
        zh, en = f"不合要求: {fault['msg']}", f"does not fit: {fault['msg']}"
    return Problem(key, loc[-1] if loc else "", zh, en)


def _is_alternative(part: str) -> bool:
    return part in {"str", "int", "float", "bool", "date", "constrained-int"} or "[" in part


def _field_problems(mapping: Mapping) -> Iterator[Problem]:
    known = set(CONCERN.names) - _NOT_MAPPED
    coded = {f.name for f in CONCERN.fields if f.choices} | {"unit"}
    many_of = {f.name for f in CONCERN.fields if f.type == "many_of"}
    sections = (
        ("columns", mapping.columns, known | {"record_id"}),
        ("constants", mapping.constants, known),
        ("codes", mapping.codes, coded),
        ("split", mapping.split, many_of),
    )
    for section, names, allowed in sections:
        yield from (
            _unknown(f"{section}.{name}", name, sorted(allowed))
            for name in names
            if name not in allowed
        )
    for name in mapping.columns:
        many = len(mapping.columns_of(name)) > 1
        if many and name in CONCERN.names and CONCERN[name].type not in _JOINED:
            yield Problem(
                f"columns.{name}", name, "此字段只能取自一列", "is read from one column only"
            )


def _unknown(key: str, name: str, known: Sequence[str]) -> Problem:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    zh = (
        f"没有这个字段; 是不是 {close[0]}?"
        if close
        else f"没有这个字段; 可用: {', '.join(known)}"
    )
    en = (
        f"no such field; meant {close[0]}?"
        if close
        else f"no such field; known: {', '.join(known)}"
    )
    return Problem(key, name, zh, en)


def _missing(mapping: Mapping) -> Iterator[Problem]:
    given = set(mapping.columns) | set(mapping.constants)
    for field in CONCERN.fields:
        if field.required and field.relevant is None and field.name not in given:
            if field.name == "grid_id" and {"lon", "lat"} <= given:
                continue
            if field.name == "grid_id":
                yield Problem(
                    "columns",
                    "grid_id",
                    "须映射 `grid_id` 一列, 或经纬度 (`lon` 和 `lat`)",
                    "map a column to `grid_id`, or columns to `lon` and `lat`",
                )
                continue
            yield Problem(
                "columns",
                field.name,
                f"`{field.name}` ({field.zh}) 必填: 请映射一列, 或给一个常数",
                f"`{field.name}` is required: map a column to it, or give a constant",
            )


def _datum_problems(mapping: Mapping) -> Iterator[Problem]:
    mapped = {"lon", "lat"} & set(mapping.columns)
    if len(mapped) == 1:
        other = ({"lon", "lat"} - mapped).pop()
        yield Problem(
            f"columns.{other}",
            other,
            "经度和纬度要一起映射",
            "map longitude and latitude together",
        )
    if mapped and mapping.place.datum is None:
        yield Problem(
            "place.datum",
            "datum",
            '请写明坐标系 (绝不猜测): "wgs84", "cgcs2000", "gcj02" (高德、腾讯) 或 "bd09" (百度)',
            'name the datum of the coordinates (it is never guessed): "wgs84", "cgcs2000", '
            '"gcj02" (Amap, Tencent) or "bd09" (Baidu)',
        )


def _step_problems(mapping: Mapping) -> Iterator[Problem]:
    actions = [code for code, _, _ in ACTIONS]
    for action, step in mapping.steps.items():
        if action not in actions:
            close = get_close_matches(action, actions, n=1, cutoff=0.5) or actions
            yield Problem(
                f"steps.{action}",
                action,
                f"没有这个办理动作; 可用: {', '.join(close)}",
                f"no such action; use {', '.join(close)}",
            )
        if (action == "followed_up") != (step.satisfied is not None):
            yield Problem(
                f"steps.{action}.satisfied",
                "satisfied",
                "“是否满意”只用于回访 (followed_up), 且回访必填",
                "`satisfied` belongs to followed_up, and is required there",
            )


def _code_problems(mapping: Mapping, profile: Profile) -> Iterator[Problem]:
    for name, table in mapping.codes.items():
        targets = [(f"codes.{name}.map.{word}", code) for word, code in table.map.items()]
        if table.unmapped not in _SPECIAL:
            targets.append((f"codes.{name}.unmapped", table.unmapped))
        if table.blank is not None:
            targets.append((f"codes.{name}.blank", table.blank))
        yield from _unknown_codes(name, targets, profile)
    for name, constant in mapping.constants.items():
        codes = [(f"constants.{name}", code) for code in str(constant).split()]
        yield from _unknown_codes(name, codes, profile)


def _unknown_codes(
    name: str, targets: Sequence[tuple[str, str]], profile: Profile
) -> Iterator[Problem]:
    field = coded_field(name)
    if field is None:
        return
    known = set(known_codes(field, profile))
    if field.type == "many_of":
        known.add(NONE_CODE)
    yield from (
        _unknown_code(key, name, code, known) for key, code in targets if code not in known
    )


def _unknown_code(key: str, field: str, code: str, known: set[str]) -> Problem:
    close = get_close_matches(code, sorted(known), n=3, cutoff=0.4) or sorted(known)[:5]
    return Problem(
        key,
        field,
        f"{code!r} 不在县情配置的代码表中; 相近的有: {', '.join(close)}",
        f"{code!r} is no code of the profile; close ones: {', '.join(close)}",
    )


def coded_field(name: str) -> FieldSpec | None:
    """Give the declaration of a field with choices; None where there is none."""
    if name in CONCERN.names:
        field = CONCERN[name]
    elif name == "unit":
        field = STEP["unit"]
    else:
        return None
    return field if field.choices else None
