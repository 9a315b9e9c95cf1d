"""The fields of a visit: one knock at one door, also where nobody opens."""

from __future__ import annotations

from gridkit.records.condition import Is
from gridkit.records.field import GRID_ID, FieldSpec, RecordSpec, not_future

OUTCOMES = (
    ("met", "见到人", "somebody met"),
    ("nobody_home", "无人在家", "nobody home"),
    ("refused", "不便交谈", "did not wish to talk"),
)

GRID = FieldSpec(
    name="grid_id",
    type="text",
    zh="网格",
    en="Grid",
    help_zh="12 位区划代码加网格序号",
    help_en="12-digit division code and the grid's number",
    required=True,
    max_length=20,
    shape=GRID_ID,
    purpose_zh="按网格汇总, 找到责任网格",
    purpose_en="counting by grid; finding who cares for it",
)
"""The grid of a visit or of a concern: one field, declared once for both."""

VISIT = RecordSpec(
    "visit",
    "走访",
    "Visit",
    (
        GRID,
        FieldSpec(
            name="address",
            type="text",
            zh="地址",
            en="Address",
            help_zh="楼栋门牌即可, 不写姓名和电话",
            help_en="Building and door are enough; no name, no telephone",
            max_length=120,
            sensitivity="desk",
            purpose_zh="回访时找到这一户",
            purpose_en="finding the door again at the follow-up",
        ),
        FieldSpec(
            name="visited_on",
            type="date",
            zh="走访日期",
            en="Visited on",
            required=True,
            constraints=(not_future("visited_on"),),
            purpose_zh="走访覆盖与周次统计",
            purpose_en="coverage and weekly counts",
        ),
        FieldSpec(
            name="outcome",
            type="one_of",
            zh="走访结果",
            en="Outcome",
            choices=OUTCOMES,
            required=True,
            purpose_zh="无人在家的要再访",
            purpose_en="doors that did not open are visited again",
        ),
        FieldSpec(
            name="met_role",
            type="one_of",
            zh="见到谁",
            en="Who was met",
            help_zh="只记身份, 不记姓名",
            help_en="The role only, never a name",
            choices="met_role",
            relevant=Is("outcome", "met"),
            required=True,
            purpose_zh="判断诉求是否由住户本人提出",
            purpose_en="whether the concern came from the household itself",
        ),
        FieldSpec(
            name="note",
            type="text",
            zh="备注",
            en="Note",
            sensitivity="free_text",
            purpose_zh="下次走访的提醒",
            purpose_en="a reminder for the next visit",
        ),
    ),
)
