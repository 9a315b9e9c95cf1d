"""What was typed wrong on the command line, said in Chinese first.

Typer speaks English only. Here is the one place where its complaints (an option that is not
there, an argument left out, a value that does not fit) are put into the words of the office.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from typer.exceptions import TyperException

_RULES: tuple[tuple[str, str], ...] = (
    (r"should be a valid integer", "须为整数"),
    (r"should be a valid number", "须为数值"),
    (r"should be greater than or equal to (\S+)", "不能小于 {0}"),
    (r"should be less than or equal to (\S+)", "不能大于 {0}"),
    (r"should be greater than (\S+)", "须大于 {0}"),
    (r"should be less than (\S+)", "须小于 {0}"),
    (r"does not match the formats? .*%Y-%m-%d", "须为日期, 写成 2026-03-01 这样"),
    (r"Input should be ('.+)", "只能是其中之一: {0}"),
    (r"is not one of (.+)", "只能是其中之一: {0}"),
    (r"does not exist", "这个文件或文件夹不存在"),
    (r"is a directory", "这是文件夹, 须为文件"),
    (r"is a file", "这是文件, 须为文件夹"),
    (r"not readable", "没有权限读它"),
)
"""What Typer says of a value, and what we say."""


def complaint(error: TyperException) -> tuple[str, str]:
    """Say what was typed wrong, in Chinese and in English.

    Parameters
    ----------
    error : TyperException
        What Typer raised.

    Returns
    -------
    (str, str)
        What was wrong and what to do; then Typer's own words.

    Examples
    --------
    >>> import typer
    >>> app = typer.Typer()
    >>> @app.command()
    ... def score(top: int = 15) -> None: ...
    >>> try:
    ...     app(["--top", "x"], standalone_mode=False)
    ... except TyperException as error:
    ...     print(complaint(error)[0])
    选项 --top 的值不对: 须为整数。
    """
    said = error.format_message()
    named = _KINDS.get(type(error).__name__)
    zh = named(error, said) if named is not None else "命令写得不对。"
    return zh + _where_to_look(error), said


def is_help(error: TyperException) -> bool:
    """Tell whether Typer only showed its help, because nothing was typed."""
    return type(error).__name__ == "NoArgsIsHelpError"


def _where_to_look(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = "" if context is None else str(context.command_path)
    return f" 看用法: {path} --help" if path and "gridkit" in path else ""


def _no_option(error: Any, _: str) -> str:
    near = "、".join(sorted(error.possibilities or ()))
    return f"没有选项 {error.option_name}" + (f"; 您要的可能是 {near}。" if near else "。")


def _missing(error: Any, _: str) -> str:
    return f"缺少{_named(error)}。"


def _bad(error: Any, said: str) -> str:
    for pattern, words in _RULES:
        found = re.search(pattern, said.replace("\n", " "), flags=re.DOTALL)
        if found:
            told = words.format(*(g.rstrip(".").replace(" or ", "、") for g in found.groups()))
            return f"{_named(error)} 的值不对: {told}。"
    return f"{_named(error)} 的值不对。"


def _named(error: Any) -> str:
    """Name the option or argument as it is typed."""
    parameter = error.param
    if parameter is None:
        return "参数"
    if parameter.param_type_name == "argument":
        return f"参数 {parameter.metavar or parameter.name.upper()}"
    longest = max(parameter.opts, key=len)
    return f"选项 {longest}"


def _other(_: Any, said: str) -> str:
    command = re.search(r"No such command '(.+?)'", said)
    if command:
        return f"没有命令 {command[1]}。"
    extra = re.search(r"unexpected extra arguments? ?\(?s?\)? ?\((.+)\)", said)
    if extra:
        return f"多出了参数: {extra[1]}。文字里有空格时, 请用引号括起来。"
    return "命令写得不对。"


def _no_value(error: Any, _: str) -> str:
    return f"选项 {error.option_name} 后面要写一个值。"


_KINDS: dict[str, Callable[[Any, str], str]] = {
    "NoSuchOption": _no_option,
    "MissingParameter": _missing,
    "BadParameter": _bad,
    "BadOptionUsage": _no_value,
    "BadArgumentUsage": _other,
    "UsageError": _other,
}
