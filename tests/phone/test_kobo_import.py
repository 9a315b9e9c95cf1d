"""Import from KoboToolbox: edits without the number that stays, and versions that replace."""

from __future__ import annotations

from kobo_export import kobo_json, kobo_workbook
from phone_submissions import key, reasons, sent, usual


def test_an_edit_without_the_number_that_stays_is_still_known(take):
    """Older exports of KoboToolbox lack `meta/rootUuid`: the form's own key tells."""
    take("kobo.xlsx", kobo_workbook(usual()))
    edited = usual()
    edited[0] |= {"_instance": f"uuid:{key(9001)}", "address": "5 栋"}

    report = take("kobo.xlsx", kobo_workbook(edited, root=False))

    assert (report.visits.revised, report.visits.unchanged) == (1, 2)
    assert report.concerns.unchanged == 3  # the number from before is not taken away


def test_a_version_that_names_the_one_it_replaces_is_taken(store, take):
    """`meta/deprecatedID` tells which of two versions is the newer one."""
    first = sent(1, address="一")
    newer = sent(1, address="二", _instance=f"uuid:{key(8)}", _replaces=first["_instance"])

    report = take("kobo.json", kobo_json([newer, first, sent(2)]))

    assert reasons(report.visits.rejected) == [(2, "replaced")]
    assert sorted(store.frame("visit")["address"].dropna()) == ["二"]
