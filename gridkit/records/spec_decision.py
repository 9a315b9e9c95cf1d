"""The fields of a decision: what a person made of the advice of a score."""

from __future__ import annotations

from gridkit.records.field import FieldSpec, RecordSpec, not_future
from gridkit.records.spec_step import STEP

DECISION = RecordSpec(
    "decision",
    "人工决定",
    "Decision",
    (
        STEP["concern_id"],
        FieldSpec(
            name="on",
            type="date",
            zh="日期",
            en="On",
            required=True,
            constraints=(not_future("on"),),
            purpose_zh="何时决定",
            purpose_en="when it was decided",
        ),
        FieldSpec(
            name="card_hash",
            type="text",
            zh="评分卡版本",
            en="Card version",
            required=True,
            asked=False,
            max_length=64,
            purpose_zh="决定时看到的是哪一版评分卡",
            purpose_en="which card the person saw",
        ),
        FieldSpec(
            name="score",
            type="integer",
            zh="当时的分数",
            en="Score seen",
            required=True,
            asked=False,
            minimum=0,
            maximum=1000,
            purpose_zh="决定时看到的分数",
            purpose_en="the score the person saw",
        ),
        FieldSpec(
            name="advised",
            type="one_of",
            zh="建议等级",
            en="Advised band",
            choices="band",
            required=True,
            asked=False,
            purpose_zh="评分卡的建议",
            purpose_en="the card's advice",
        ),
        FieldSpec(
            name="decided",
            type="one_of",
            zh="决定等级",
            en="Decided band",
            choices="band",
            required=True,
            purpose_zh="由人决定",
            purpose_en="the person's decision",
        ),
        FieldSpec(
            name="reason",
            type="text",
            zh="理由",
            en="Reason",
            help_zh="与建议不同时必填",
            help_en="Needed where it differs from the advice",
            sensitivity="free_text",
            purpose_zh="改了等级要说为什么",
            purpose_en="why the advice was not followed",
        ),
    ),
)
