"""The wizard of own tables, through what a person types, ticks and clicks."""

from __future__ import annotations

import datetime as dt
import io
import tomllib

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridkit as gk
import small_ledger
from gridkit import reports
from gridkit.errors import DataError
from gridkit.reports.asked import GROUPS, RULES, asked_columns, names_for
from gridkit.reports.heads import MOST_HEADS, heads_of_file, read_heads
from gridkit.reports.own_file import parse_own_form
from gridkit.triage.matter_statistics import MATTER_DIMENSIONS

desk = pytest.fixture(small_ledger.counted_desk, scope="module")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "@SUM(1)",
    '"quoted" \\ ]]',
    "'单引",
)


@pytest.fixture
def wizard(desk, tmp_path):
    """Open the wizard on a workspace without a profile of its own."""
    return reports.Wizard(desk, tmp_path)


def pasted(wizard, text):
    """Paste and read a header row."""
    wizard.pasted.value = text
    wizard.read.click()
    return wizard


def shown(widget) -> str:
    """Give all the words on the screen."""
    words = str(getattr(widget, "value", "")) if hasattr(widget, "placeholder") else ""
    return words + "".join(map(shown, getattr(widget, "children", ())))


def test_a_pasted_header_becomes_a_file_and_a_table(wizard, desk, tmp_path):
    """Heads that are known are filled; the file reads back as the same table."""
    pasted(wizard, "乡镇\t件数\t超期\t联系电话")
    wizard.title.value = "各乡镇情况"

    wizard.save.click()

    form = reports.read_own_form(tmp_path / "profile" / "own_forms" / "各乡镇情况.toml")
    assert form.group == ("township",)
    assert form.columns == (("乡镇", "township"), ("件数", "matters"), ("超期", "overdue"))
    sheet = openpyxl.load_workbook(tmp_path / "reports" / "各乡镇情况.xlsx").active
    assert [cell.value for cell in sheet[3]] == ["乡镇", "件数", "超期"]
    assert reports.own_table(desk, form)["件数"].tolist() == [4, 4, 8]
    assert "gridkit template sheet" in shown(wizard)


def test_a_profile_with_own_tables_is_still_the_default_one(wizard, tmp_path):
    """The file lies in a folder of the profile; nothing else of the profile changes."""
    pasted(wizard, "乡镇、件数").title.value = "表"
    wizard.save.click()

    assert gk.load_profile(tmp_path / "profile").hash == gk.load_profile().hash


def test_what_nobody_should_ask_for_has_no_list_and_says_why(wizard):
    """The rule is told in plain words, with an answer to those who asked."""
    pasted(wizard, "件数，当事人姓名，信访次数，民族")

    assert list(wizard.names) == ["件数"]
    assert RULES["R9"] in shown(wizard)
    assert "“当事人姓名、信访次数、民族”不提供" in shown(wizard)


def test_an_unknown_head_is_chosen_by_hand_with_near_names_first(wizard):
    """Nothing is guessed; what is near stands at the top of the list."""
    pasted(wizard, "所属乡镇\t天气")
    row = wizard.names["所属乡镇"]

    assert row.value == ""
    assert row.options[1] == ("乡镇", "township")
    assert "是不是: 乡镇" in shown(wizard)

    row.value = "township"
    wizard.title.value = "清单"
    assert wizard.form.columns == (("所属乡镇", "township"),)


def test_groups_change_what_can_be_chosen_and_keep_what_was(wizard):
    """Without groups a list of matters; a group that has no column gets one."""
    pasted(wizard, "情况\t超期").title.value = "表"
    assert wizard.form.group == ()
    assert [name for _, name in wizard.form.columns] == ["summary", "overdue"]

    wizard.groups["unit"].value = True

    assert wizard.form.columns == (("责任单位", "unit"), ("超期", "overdue"))
    assert "统计表里放不下" in shown(wizard)
    wizard.groups["unit"].value = False
    assert "summary" in {value for _, value in wizard.names["情况"].options}


def test_filters_and_a_column_that_was_not_asked_for(wizard, desk):
    """Only water matters, and one more sum."""
    pasted(wizard, "乡镇\t件数").title.value = "用水"
    wizard.filters["demand_type"].value = ("water",)
    wizard.add.value = "open"

    table = reports.own_table(desk, wizard.form)

    assert list(table.columns) == ["乡镇", "件数", "在办"]
    assert table["件数"].tolist() == [3, 2, 5]


def test_nothing_is_replaced_unasked(wizard, tmp_path):
    """A second saving of the same title is refused, until a person says to replace it."""
    pasted(wizard, "乡镇\t件数").title.value = "表"
    wizard.save.click()
    before = wizard.path.read_bytes()

    wizard.names["件数"].value = ""
    wizard.save.click()
    assert "已经有了, 没有改动" in shown(wizard)
    assert wizard.path.read_bytes() == before

    wizard.replace.value = True
    wizard.save.click()
    assert wizard.path.read_bytes() != before
    assert not wizard.replace.value
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["表.xlsx"]


def test_a_table_without_title_or_column_is_not_made(wizard, tmp_path):
    """All that is missing is said on the screen, and no file is there."""
    pasted(wizard, "天气")

    wizard.save.click()

    assert "要有标题和至少一栏" in shown(wizard)
    assert not list(tmp_path.iterdir())


def test_an_uploaded_file_gives_its_heads_and_is_let_go(wizard):
    """The heads below a title row are found; rows of people stay out of the notebook."""
    book = openpyxl.Workbook()
    for row in (["各乡镇情况统计表"], [], ["乡镇", "件数", "联系人"], ["城关镇", 3, "某某某"]):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    sent = {"name": "表.xlsx", "type": "", "size": 1, "content": data.getvalue()}

    wizard.upload.value = ({**sent, "last_modified": dt.datetime.now(dt.UTC)},)

    assert wizard.pasted.value == "乡镇\t件数\t联系人"
    assert list(wizard.names) == ["乡镇", "件数"]
    assert wizard.upload.value == ()
    assert "某某某" not in shown(wizard)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_of_any_encoding_gives_its_heads(encoding):
    """As Excel in China saves it, too; other rows are not kept."""
    data = "青溪县情况表,,\n乡镇,件数,超期\n城关镇,3,1\n".encode(encoding)

    assert heads_of_file("表.csv", data) == ["乡镇", "件数", "超期"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("表.xlsx", b"PK\3\4broken"),
        ("表.xls", b"\xd0\xcf"),
        ("表.csv", b"1,2\n"),
        ("a.xlsx", b""),
    ],
)
def test_a_file_without_heads_is_refused_in_words(name, data):
    """What is broken, of another kind, or has no word in it."""
    with pytest.raises(DataError, match=r"XLSX|heads"):
        heads_of_file(name, data)


def test_hostile_heads_are_shown_and_written_as_words(wizard, tmp_path):
    """HTML is escaped, formulas stay texts, the file reads back the same."""
    pasted(wizard, "\t".join(HOSTILE))
    assert "<script>" not in shown(wizard).replace(wizard.pasted.value, "")
    for row in wizard.names.values():
        row.value = "summary"
    wizard.title.value = "=1+1 {{ title }}/../x"

    wizard.save.click()

    assert wizard.path.parent == tmp_path / "profile" / "own_forms"
    assert [head for head, _ in reports.read_own_form(wizard.path).columns] == list(
        wizard.names
    )
    sheet = openpyxl.load_workbook(wizard.sheet).active
    assert {cell.data_type for cell in sheet[3]} == {"s"}
    assert not [cell.value for cell in sheet[3] if cell.value.startswith(("=", "@"))]


@pytest.mark.parametrize(
    "head",
    ["姓 名", "姓\u200b名", "姓\u3000名", "联系\n电话", "民\u00ad族", "身份证\uff08号\uff09"],
)
def test_a_refused_head_hides_behind_nothing(head):
    """Spaces, unseen characters and widths change no verdict."""
    assert asked_columns([head]).iloc[0]["结论"] == "不该要"
    with pytest.raises(DataError):
        parse_own_form({"title": "表", "column": [{"head": head, "name": "summary"}]})


@pytest.mark.parametrize(
    "text", ["", " \t \n", "、、,", "\t".join(f"栏{n}" for n in range(200))]
)
def test_no_heads_or_too_many_are_refused(wizard, text):
    """The screen says how many were read."""
    pasted(wizard, text)

    assert f"须有 1 到 {MOST_HEADS} 个" in shown(wizard)
    assert wizard.names == {}


@given(st.text(max_size=80))
def test_any_pasted_text_is_read_or_refused(text):
    """Whatever is pasted gives heads that a TOML file keeps as they are, or is refused."""
    try:
        heads = read_heads(text)
    except DataError:
        return
    assert all(head == head.strip() and head.isprintable() for head in heads)
    assert not asked_columns(heads).empty


@given(st.lists(st.sampled_from(sorted(names_for(grouped=False))), min_size=1, unique=True))
def test_a_saved_table_reads_back_the_same(tmp_path_factory, names):
    """Any choice of fields, with marks that TOML gives a meaning to."""
    columns = [{"head": f'{n}"\\#=[{i}]', "name": n} for i, n in enumerate(names)]
    form = parse_own_form(
        {"title": 't"\\', "column": columns, "filter": {"source": ["import"]}}
    )
    folder = tmp_path_factory.mktemp("p")

    path = reports.save_own_form(form, folder)

    assert reports.read_own_form(path) == form
    assert tomllib.loads(path.read_text("utf-8"))["title"] == form.title


@pytest.mark.parametrize("group", MATTER_DIMENSIONS)
def test_each_group_of_the_statistics_can_be_ticked_and_is_told_in_words(desk, group):
    """Each has a head in Chinese, and no code of ours is shown in the table."""
    said = {"title": "表", "group": [group], "column": [{"head": GROUPS[group], "name": group}]}

    told = reports.own_table(desk, parse_own_form(said))[GROUPS[group]]

    assert told.iloc[-1] == "合计"
    assert not told.str.contains("[a-z]").any()


def test_two_columns_of_one_head_are_refused():
    """Else the one would be lost behind the other."""
    columns = [{"head": "日", "name": "heard_on"}, {"head": "日", "name": "due_on"}]

    with pytest.raises(DataError) as refused:
        parse_own_form({"title": "表", "column": columns})
    assert refused.value.problems[0].zh == "同名的栏只能有一个"
