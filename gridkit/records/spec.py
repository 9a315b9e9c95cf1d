"""The single source: every field of every record, declared once.

From these declarations come the record models, the form, the frame dtypes, the SQL
columns, the XLSForm, the JSON Schema and the data dictionary. A field that is not here
is not collected; a field without a purpose may not be here.

There is no field for a name, a telephone number, an identity card, an ethnicity, a
religion, a health or criminal record, or for how often somebody petitioned before
(`domain.md` section 6, R1-R3): the unit is the matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gridkit.records.condition import (
    TODAY,
    All,
    Answered,
    Compare,
    Condition,
    Has,
    Is,
)

FieldType = Literal[
    "text", "integer", "number", "date", "one_of", "many_of", "yes_no", "reference"
]
Sensitivity = Literal["open", "desk", "free_text"]
NONE_CODE = "none"
"""The code of an explicit "none of these" in a many-of field; it excludes all others."""


@dataclass(frozen=True)
class Constraint:
    """What an answer must hold, and the words for when it does not."""

    condition: Condition
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One field: type, words, choices, relevance, constraint, sensitivity, purpose.

    `choices` names a table of the profile (`"demand_type"`) or lists fixed choices as
    (code, zh, en). `parent` is the field that a cascade follows. `required` means
    required when relevant. `asked` is False for what the program fills in itself.
    `sensitivity`: open (may be counted and shared), desk (stays in the office),
    free_text (a person's words: never in a message, a log, a score or a map).
    """

    name: str
    type: FieldType
    zh: str
    en: str
    purpose_zh: str
    purpose_en: str
    help_zh: str = ""
    help_en: str = ""
    unit: str = ""
    choices: str | tuple[tuple[str, str, str], ...] = ()
    parent: str | None = None
    relevant: Condition | None = None
    constraints: tuple[Constraint, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    asked: bool = True
    sensitivity: Sensitivity = "open"
    max_length: int = 2000


@dataclass(frozen=True)
class RecordSpec:
    """One kind of record: its name, its words and its fields in reading order."""

    kind: str
    zh: str
    en: str
    fields: tuple[FieldSpec, ...]
    _by_name: dict[str, FieldSpec] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name.update({f.name: f for f in self.fields})

    def __getitem__(self, name: str) -> FieldSpec:
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in reading order."""
        return tuple(self._by_name)


ROLES = (
    ("grid_worker", "网格员", "grid worker"),
    ("village_staff", "村居工作人员", "village staff"),
    ("centre_staff", "中心工作人员", "centre staff"),
    ("unit_staff", "责任单位经办人", "staff of the unit in charge"),
    ("mediator", "评理员", "mediator"),
    ("leader", "领导干部", "leader"),
    ("analyst", "分析员", "analyst"),
    ("trainer", "培训员", "trainer"),
    ("importer", "导入程序", "import"),
)
"""Who wrote a revision: a role, never a name."""

OUTCOMES = (
    ("met", "见到人", "somebody met"),
    ("nobody_home", "无人在家", "nobody home"),
    ("refused", "不便交谈", "did not wish to talk"),
)
PLACE_SOURCES = (
    ("gps", "卫星定位", "GPS"),
    ("map", "地图点选", "picked on the map"),
    ("address", "地址匹配", "matched address"),
    ("typed", "手工输入", "typed"),
    ("grid_centroid", "网格中心", "grid centroid"),
    ("import", "导入", "imported"),
)
ACTIONS = (
    ("registered", "登记", "registered"),
    ("triaged", "研判", "triaged"),
    ("routed", "分流", "routed"),
    ("returned", "回退", "returned"),
    ("accepted", "受理", "accepted"),
    ("in_progress", "办理", "in progress"),
    ("extended", "延期", "extended"),
    ("answered", "答复", "answered"),
    ("verified", "核查", "verified"),
    ("followed_up", "回访", "followed up"),
    ("closed", "销号", "closed"),
    ("archived", "归档", "archived"),
    ("merged", "同因归并", "merged into a root cause"),
    ("withdrawn", "撤回", "withdrawn"),
    ("to_statutory_channel", "转法定途径", "to a statutory channel"),
    ("review", "复查", "review"),
    ("re_review", "复核", "re-review"),
    ("reopened", "重启", "reopened"),
)

_GRID = FieldSpec(
    name="grid_id",
    type="text",
    zh="网格",
    en="Grid",
    help_zh="12 位区划代码加网格序号",
    help_en="12-digit division code and the grid's number",
    required=True,
    max_length=20,
    purpose_zh="按网格汇总, 找到责任网格",
    purpose_en="counting by grid; finding who cares for it",
)


def _not_future(name: str) -> Constraint:
    return Constraint(
        Compare(name, "<=", TODAY), "日期不能晚于今天", "The date cannot be after today"
    )


VISIT = RecordSpec(
    "visit",
    "走访",
    "Visit",
    (
        _GRID,
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
            constraints=(_not_future("visited_on"),),
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

CONCERN = RecordSpec(
    "concern",
    "诉求",
    "Concern",
    (
        FieldSpec(
            name="visit_id",
            type="reference",
            zh="走访记录",
            en="Visit",
            asked=False,
            max_length=64,
            purpose_zh="诉求从哪次走访得知",
            purpose_en="the visit at which it was heard",
        ),
        _GRID,
        FieldSpec(
            name="source",
            type="one_of",
            zh="来源",
            en="Source",
            choices="source",
            required=True,
            asked=False,
            purpose_zh="区分走访、热线、窗口",
            purpose_en="tells visits, hotline and counter apart",
        ),
        FieldSpec(
            name="external_id",
            type="text",
            zh="外部编号",
            en="External number",
            asked=False,
            max_length=120,
            sensitivity="desk",
            purpose_zh="同一文件导入两次不重复",
            purpose_en="the same file imported twice adds nothing",
        ),
        FieldSpec(
            name="heard_on",
            type="date",
            zh="得知日期",
            en="Heard on",
            required=True,
            constraints=(_not_future("heard_on"),),
            purpose_zh="法定时限从这一天起算",
            purpose_en="the legal clocks start on this day",
        ),
        FieldSpec(
            name="demand_type",
            type="one_of",
            zh="诉求类别",
            en="Demand",
            choices="demand_type",
            required=True,
            purpose_zh="分流到责任单位",
            purpose_en="routing to the unit in charge",
        ),
        FieldSpec(
            name="demand_detail",
            type="one_of",
            zh="具体事项",
            en="Detail",
            choices="demand_detail",
            parent="demand_type",
            purpose_zh="同因归并与分流",
            purpose_en="grouping by cause; routing",
        ),
        FieldSpec(
            name="dispute_code",
            type="one_of",
            zh="纠纷类型",
            en="Dispute",
            help_zh="双方有争执才填",
            help_en="Only where two sides are at odds",
            choices="dispute_code",
            purpose_zh="转调解或法定途径",
            purpose_en="mediation or a statutory channel",
        ),
        FieldSpec(
            name="summary",
            type="text",
            zh="情况",
            en="What is wrong",
            help_zh="只写事, 不写人名、电话、证件号",
            help_en="The matter only: no name, telephone or identity number",
            sensitivity="free_text",
            purpose_zh="让办理的人看懂这件事",
            purpose_en="lets the unit understand the matter",
        ),
        FieldSpec(
            name="wanted",
            type="text",
            zh="希望怎样解决",
            en="Wanted outcome",
            sensitivity="free_text",
            purpose_zh="答复要对着诉求",
            purpose_en="the answer must meet the wish",
        ),
        FieldSpec(
            name="people_affected",
            type="integer",
            zh="涉及人数",
            en="People affected",
            unit="人",
            minimum=1,
            maximum=1_000_000,
            purpose_zh="影响面",
            purpose_en="how many are affected",
        ),
        FieldSpec(
            name="households_affected",
            type="integer",
            zh="涉及户数",
            en="Households affected",
            unit="户",
            minimum=1,
            maximum=500_000,
            purpose_zh="影响面, 评分因素",
            purpose_en="how many are affected; a factor of the score",
        ),
        FieldSpec(
            name="harm",
            type="one_of",
            zh="损害程度",
            en="Harm",
            choices="harm",
            purpose_zh="评分因素",
            purpose_en="a factor of the score",
        ),
        FieldSpec(
            name="safety",
            type="many_of",
            zh="眼前危险",
            en="Danger now",
            choices="safety",
            purpose_zh="有险情的排在最前",
            purpose_en="danger comes first, whatever the sum",
        ),
        FieldSpec(
            name="basic_need",
            type="many_of",
            zh="基本生活受影响",
            en="Basic need cut",
            choices="basic_need",
            purpose_zh="评分因素",
            purpose_en="a factor of the score",
        ),
        FieldSpec(
            name="setting",
            type="many_of",
            zh="环境条件",
            en="Setting",
            choices="setting",
            purpose_zh="评分因素: 看地方, 不看人",
            purpose_en="a factor of the score: the place, not the person",
        ),
        FieldSpec(
            name="hardening",
            type="many_of",
            zh="使事情变难的情况",
            en="What makes it harder",
            choices="hardening",
            purpose_zh="评分因素",
            purpose_en="a factor of the score",
        ),
        FieldSpec(
            name="works_start",
            type="date",
            zh="开工日期",
            en="Works start on",
            relevant=Has("hardening", "works_soon"),
            purpose_zh="距开工还有几天",
            purpose_en="days until the works start",
        ),
        FieldSpec(
            name="mitigation",
            type="many_of",
            zh="已采取的措施",
            en="Measures in place",
            choices="mitigation",
            purpose_zh="评分因素 (减分)",
            purpose_en="a factor of the score (lowers it)",
        ),
        FieldSpec(
            name="since",
            type="date",
            zh="从何时开始",
            en="Since when",
            constraints=(
                _not_future("since"),
                Constraint(
                    Compare("since", "<=", "heard_on"),
                    "开始日期不能晚于得知日期",
                    "It cannot have begun after it was heard",
                ),
            ),
            purpose_zh="拖了多久",
            purpose_en="how long it has lasted",
        ),
        FieldSpec(
            name="lon",
            type="number",
            zh="经度 (WGS-84)",
            en="Longitude (WGS-84)",
            unit="°",
            minimum=-180,
            maximum=180,
            sensitivity="desk",
            constraints=(
                Constraint(
                    Answered("lat"),
                    "经度和纬度要一起填",
                    "Give longitude and latitude together",
                ),
            ),
            purpose_zh="在地图上找到这件事",
            purpose_en="finding the matter on the map",
        ),
        FieldSpec(
            name="lat",
            type="number",
            zh="纬度 (WGS-84)",
            en="Latitude (WGS-84)",
            unit="°",
            minimum=-90,
            maximum=90,
            sensitivity="desk",
            constraints=(
                Constraint(
                    Answered("lon"),
                    "经度和纬度要一起填",
                    "Give longitude and latitude together",
                ),
            ),
            purpose_zh="在地图上找到这件事",
            purpose_en="finding the matter on the map",
        ),
        FieldSpec(
            name="place_source",
            type="one_of",
            zh="位置来源",
            en="Source of the place",
            choices=PLACE_SOURCES,
            relevant=Answered("lon"),
            required=True,
            asked=False,
            purpose_zh="位置有多可信",
            purpose_en="how far the place can be trusted",
        ),
        FieldSpec(
            name="accuracy_m",
            type="number",
            zh="定位精度",
            en="Accuracy",
            unit="m",
            minimum=0,
            maximum=100_000,
            relevant=All((Answered("lon"), Is("place_source", "gps"))),
            asked=False,
            purpose_zh="位置有多可信",
            purpose_en="how far the place can be trusted",
        ),
    ),
)

STEP = RecordSpec(
    "step",
    "办理记录",
    "Step",
    (
        FieldSpec(
            name="concern_id",
            type="reference",
            zh="诉求",
            en="Concern",
            required=True,
            asked=False,
            max_length=64,
            purpose_zh="办的是哪件事",
            purpose_en="which matter it is about",
        ),
        FieldSpec(
            name="action",
            type="one_of",
            zh="办理动作",
            en="Action",
            choices=ACTIONS,
            required=True,
            purpose_zh="事情走到哪一步",
            purpose_en="how far the matter has come",
        ),
        FieldSpec(
            name="on",
            type="date",
            zh="日期",
            en="On",
            required=True,
            constraints=(_not_future("on"),),
            purpose_zh="时限起止",
            purpose_en="starts and stops the clocks",
        ),
        FieldSpec(
            name="unit",
            type="one_of",
            zh="责任单位",
            en="Unit in charge",
            choices="unit",
            purpose_zh="由谁办理",
            purpose_en="who handles it",
        ),
        FieldSpec(
            name="satisfied",
            type="yes_no",
            zh="群众是否满意",
            en="Content with the result",
            relevant=Is("action", "followed_up"),
            required=True,
            purpose_zh="不满意的退回办理",
            purpose_en="if not, it goes back to handling",
        ),
        FieldSpec(
            name="reason",
            type="text",
            zh="理由",
            en="Reason",
            sensitivity="free_text",
            purpose_zh="每一步都说得清",
            purpose_en="every step can be explained",
        ),
    ),
)

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
            constraints=(_not_future("on"),),
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

RECORD_SPECS = {s.kind: s for s in (VISIT, CONCERN, STEP, DECISION)}
"""All kinds of records by name."""

__all__ = [
    "ACTIONS",
    "CONCERN",
    "DECISION",
    "NONE_CODE",
    "OUTCOMES",
    "PLACE_SOURCES",
    "RECORD_SPECS",
    "ROLES",
    "STEP",
    "VISIT",
    "Constraint",
    "FieldSpec",
    "RecordSpec",
]
