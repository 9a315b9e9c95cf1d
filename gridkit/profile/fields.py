"""The kinds of value that a profile file may hold, and what is said where one is not."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SLUG = r"^[a-z][a-z0-9_]*$"
TABLE_CODE = r"^[a-z0-9][a-z0-9_]*$"
EVENT = SLUG
DIGITS_2 = r"^[0-9]{2}$"
DIGITS_2_OR_4 = r"^[0-9]{2}([0-9]{2})?$"
DIGITS_4 = r"^[0-9]{4}$"
DIGITS_6 = r"^[0-9]{6}$"
DIGITS_2_TO_6 = r"^([0-9]{2}){1,3}$"
DIVISION = r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"
HEX_COLOR = r"^#[0-9a-fA-F]{6}$"

# what a value that breaks the pattern should have been, zh and en
EXPECTED = {
    SLUG: (
        "小写英文字母开头, 只含字母、数字、下划线",
        "lower-case letters, digits and underscores, a letter first",
    ),
    TABLE_CODE: (
        "只含小写英文字母、数字、下划线",
        "lower-case letters, digits and underscores",
    ),
    DIGITS_2: ("加引号的 2 位数字", "2 digits in quotes"),
    DIGITS_2_OR_4: ("加引号的 2 位或 4 位数字", "2 or 4 digits in quotes"),
    DIGITS_4: ("加引号的 4 位数字", "4 digits in quotes"),
    DIGITS_6: ('加引号的 6 位数字, 如 "350428"', '6 digits in quotes, such as "350428"'),
    DIGITS_2_TO_6: ("加引号的 2、4 或 6 位数字", "2, 4 or 6 digits in quotes"),
    DIVISION: (
        "加引号的 6、9 或 12 位区划代码",
        "a division code of 6, 9 or 12 digits in quotes",
    ),
    HEX_COLOR: ('颜色, 写作 "#" 加 6 位十六进制, 如 "#8f1026"', 'a color such as "#8f1026"'),
}

Slug = Annotated[str, Field(pattern=SLUG, max_length=64)]
TableCode = Annotated[str, Field(pattern=TABLE_CODE, max_length=64)]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Flag = Annotated[bool, Field(strict=True)]
Int = Annotated[int, Field(strict=True)]


class Frozen(BaseModel):
    """The parent of all parts of a profile: never changed, no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Label(Frozen):
    """A name in Chinese and English."""

    zh: Text
    en: Text

    def __str__(self) -> str:
        return self.zh


class Sourced(Frozen):
    """A file of data: where it comes from, and whether the primary text was read."""

    source: Text
    verified: Flag = False
