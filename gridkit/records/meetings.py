"""The kinds of record of people who meet over concerns: rooms, sessions, backlog.

Part of the single source (`spec`). A mediator is a count by kind, a leader a post: neither
is ever a name. A session counts batches (批次, one coming by one or more people) and persons
(人次); it names the concerns it was about, never who came.
"""

from __future__ import annotations

from gridkit.records.condition import Compare, Either, Is
from gridkit.records.field import Constraint, FieldSpec, RecordSpec, not_future

LEVELS = (
    ("county", "县级", "county"),
    ("township", "乡镇级", "township"),
    ("village", "村级", "village"),
)
SESSION_KINDS = (
    ("window", "窗口接待", "service window"),
    ("reception", "领导接访", "leaders' reception"),
    ("reasoning", "评理会", "reasoning meeting"),
    ("evening_talk", "居民夜话会", "evening talk"),
    ("mediation", "调解", "mediation"),
)
SESSION_OUTCOMES = (
    ("settled", "已化解", "settled"),
    ("preliminary", "初步达成", "preliminary agreement"),
    ("failed", "未达成", "no agreement"),
    ("refused", "一方拒绝, 不予调解", "one side refuses: no mediation"),
    ("not_mediated", "未作调解", "not mediated"),
)
"""How a session ended. No answer: still open. Who refuses is not mediated (人民调解法 3)."""

_LEVEL = FieldSpec(
    name="level",
    type="one_of",
    zh="层级",
    en="Level",
    choices=LEVELS,
    required=True,
    purpose_zh="县、乡、村三级分别统计",
    purpose_en="counted for county, township and village apart",
)
_DIVISION = FieldSpec(
    name="division_code",
    type="text",
    zh="区划代码",
    en="Division",
    help_zh="12 位统计用区划代码",
    help_en="the 12-digit division code",
    max_length=12,
    purpose_zh="在哪个县、乡、村",
    purpose_en="in which county, township or village",
)
_LEADER = FieldSpec(
    name="leader_post",
    type="text",
    zh="领导职务",
    en="Post of the leader",
    help_zh="只写职务, 如“分管副县长”",
    help_en="The post only, such as deputy head in charge of works",
    max_length=60,
    sensitivity="desk",
    purpose_zh="由哪个岗位负责, 换人不换责",
    purpose_en="which post answers for it, whoever holds the post",
)


def _mediators(name: str, zh: str, en: str) -> FieldSpec:
    return FieldSpec(
        name=name,
        type="integer",
        zh=zh,
        en=en,
        unit="人",
        minimum=0,
        maximum=1000,
        purpose_zh="评理室能请到哪一类人, 只记人数",
        purpose_en="whom the room can call on: a count, never who",
    )


ROOM = RecordSpec(
    "room",
    "评理室",
    "Room",
    (
        FieldSpec(
            name="title",
            type="text",
            zh="评理室",
            en="Room",
            required=True,
            max_length=60,
            purpose_zh="通知到哪里去",
            purpose_en="says where to go",
        ),
        _LEVEL,
        FieldSpec(**{**_DIVISION.__dict__, "required": True}),
        FieldSpec(
            name="opened_on",
            type="date",
            zh="启用日期",
            en="Opened on",
            constraints=(not_future("opened_on"),),
            purpose_zh="统计期内有多少评理室",
            purpose_en="how many rooms there were in a period",
        ),
        FieldSpec(
            name="shut_on",
            type="date",
            zh="停用日期",
            en="Shut on",
            constraints=(
                Constraint(
                    Compare("shut_on", ">=", "opened_on"),
                    "停用日期不能早于启用日期",
                    "It cannot shut before it opened",
                ),
            ),
            purpose_zh="统计期内有多少评理室",
            purpose_en="how many rooms there were in a period",
        ),
        _mediators("lawyers", "律师", "Lawyers"),
        _mediators("respected_residents", "乡贤", "Respected residents"),
        _mediators("deputies", "代表委员", "Deputies"),
        _mediators("other_mediators", "其他评理员", "Other mediators"),
        *(
            FieldSpec(
                name=name,
                type="number",
                zh=f"{zh} (WGS-84)",
                en=f"{en} (WGS-84)",
                unit="°",
                minimum=-limit,
                maximum=limit,
                purpose_zh="在地图上画出评理室 (公共场所)",
                purpose_en="shows the room, a public place, on the map",
            )
            for name, zh, en, limit in (
                ("lon", "经度", "Longitude", 180),
                ("lat", "纬度", "Latitude", 90),
            )
        ),
    ),
)

SESSION = RecordSpec(
    "session",
    "接访与评理",
    "Session",
    (
        FieldSpec(
            name="kind",
            type="one_of",
            zh="形式",
            en="Form",
            choices=SESSION_KINDS,
            required=True,
            purpose_zh="窗口、接访、评理会、夜话会分别统计",
            purpose_en="window, reception, meeting and talk counted apart",
        ),
        FieldSpec(
            name="room_id",
            type="reference",
            refers="room",
            zh="评理室",
            en="Room",
            asked=False,
            max_length=64,
            purpose_zh="在哪个评理室",
            purpose_en="in which room",
        ),
        FieldSpec(
            name="held_on",
            type="date",
            zh="日期",
            en="Held on",
            required=True,
            constraints=(not_future("held_on"),),
            purpose_zh="按时期统计",
            purpose_en="counted by period",
        ),
        _LEVEL,
        _DIVISION,
        FieldSpec(
            name="unit",
            type="one_of",
            zh="责任单位",
            en="Unit in charge",
            choices="unit",
            purpose_zh="按责任单位统计",
            purpose_en="counted by unit",
        ),
        _LEADER,
        FieldSpec(
            name="batches",
            type="integer",
            zh="批次",
            en="Batches",
            help_zh="一人或多人来一次为一批",
            help_en="one coming, by one person or several",
            unit="批",
            minimum=1,
            maximum=10_000,
            required=True,
            purpose_zh="接待批次",
            purpose_en="batches received",
        ),
        FieldSpec(
            name="persons",
            type="integer",
            zh="人次",
            en="Person-visits",
            unit="人次",
            minimum=1,
            maximum=100_000,
            required=True,
            constraints=(
                Constraint(
                    Compare("persons", ">=", "batches"),
                    "人次不能少于批次: 每批至少一人",
                    "There cannot be fewer persons than batches: each batch is one or more",
                ),
            ),
            purpose_zh="接待人次",
            purpose_en="persons received",
        ),
        FieldSpec(
            name="concern_ids",
            type="references",
            refers="concern",
            zh="涉及诉求",
            en="Concerns",
            asked=False,
            max_length=40_000,
            purpose_zh="谈的是哪些事",
            purpose_en="which matters it was about",
        ),
        FieldSpec(
            name="is_dispute",
            type="yes_no",
            zh="是否纠纷",
            en="A dispute",
            help_zh="双方有争执才算",
            help_en="Only where two sides are at odds",
            purpose_zh="纠纷与诉求分别统计",
            purpose_en="disputes and needs counted apart",
        ),
        FieldSpec(
            name="outcome",
            type="one_of",
            zh="结果",
            en="Outcome",
            choices=SESSION_OUTCOMES,
            purpose_zh="化解、初步达成、未结分别统计",
            purpose_en="settled, preliminary and open counted apart",
        ),
        FieldSpec(
            name="settlement",
            type="one_of",
            zh="化解方式",
            en="Way of settling",
            choices="settlement",
            relevant=Is("outcome", "settled"),
            purpose_zh="哪些办法管用",
            purpose_en="which ways work",
        ),
        FieldSpec(
            name="agreed_on",
            type="date",
            zh="协议日期",
            en="Agreed on",
            relevant=Either((Is("outcome", "settled"), Is("outcome", "preliminary"))),
            constraints=(
                not_future("agreed_on"),
                Constraint(
                    Compare("agreed_on", ">=", "held_on"),
                    "协议日期不能早于会议日期",
                    "An agreement cannot be older than its session",
                ),
            ),
            purpose_zh="司法确认的三十日从这一天起算",
            purpose_en="the 30 days for judicial confirmation start on this day",
        ),
    ),
)

BACKLOG = RecordSpec(
    "backlog",
    "积案",
    "Backlog matter",
    (
        FieldSpec(
            name="concern_id",
            type="reference",
            refers="concern",
            zh="诉求",
            en="Concern",
            required=True,
            asked=False,
            max_length=64,
            purpose_zh="包的是哪件事",
            purpose_en="which matter is owned",
        ),
        FieldSpec(
            name="batch",
            type="integer",
            zh="批号",
            en="List",
            minimum=1,
            maximum=1000,
            required=True,
            purpose_zh="第几批积案",
            purpose_en="which list of hard matters it is on",
        ),
        FieldSpec(
            name="taken_on",
            type="date",
            zh="包案日期",
            en="Taken on",
            required=True,
            constraints=(not_future("taken_on"),),
            purpose_zh="半月一报从这一天起算",
            purpose_en="the half-months are counted from this day",
        ),
        _LEADER,
        FieldSpec(
            name="done",
            type="many_of",
            zh="已落实的项目",
            en="Items done",
            choices="checklist_item",
            purpose_zh="六定五包逐项落实",
            purpose_en="the checklist, item by item",
        ),
    ),
)
