"""The single source: every field of every record, declared once.

From these declarations come the record models, the form, the frame dtypes, the SQL
columns, the XLSForm, the JSON Schema and the data dictionary. A field that is not here
is not collected; a field without a purpose may not be here. Each kind of record has a
room of its own (`spec_visit`, `spec_concern`, `spec_step`, `spec_decision`, `meetings`);
this is their face, and the one import path.

There is no field for a name, a telephone number, an identity card, an ethnicity, a
religion, a health or criminal record, or for how often somebody petitioned before
(`domain.md` section 6, R1-R3): the unit is the matter.
"""

from __future__ import annotations

from gridkit.records.field import NONE_CODE, Constraint, FieldSpec, RecordSpec
from gridkit.records.meetings import BACKLOG, ROOM, SESSION
from gridkit.records.spec_concern import CONCERN, PLACE_SOURCES
from gridkit.records.spec_decision import DECISION
from gridkit.records.spec_step import ACTIONS, STEP
from gridkit.records.spec_visit import OUTCOMES, VISIT

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

SPEC_VERSION = 2
"""To be raised with every kind or field that is added: a gridkit that does not know them
refuses the ledger, so that it cannot leave them out of what it writes."""

RECORD_SPECS = {s.kind: s for s in (VISIT, CONCERN, STEP, DECISION, ROOM, SESSION, BACKLOG)}
"""All kinds of records by name."""

__all__ = [
    "ACTIONS",
    "BACKLOG",
    "CONCERN",
    "DECISION",
    "NONE_CODE",
    "OUTCOMES",
    "PLACE_SOURCES",
    "RECORD_SPECS",
    "ROLES",
    "ROOM",
    "SESSION",
    "SPEC_VERSION",
    "STEP",
    "VISIT",
    "Constraint",
    "FieldSpec",
    "RecordSpec",
]
