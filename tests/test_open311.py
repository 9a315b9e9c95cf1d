"""Open311: the spec's shape, the legal clock, no requester, no small cell, loopback only."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import threading
from xml.etree import ElementTree as ET

import jsonschema
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.errors import DataError, GridkitError
from gridkit.exchange.open311 import REQUEST_FIELDS, Terms, requests, services
from gridkit.exchange.open311_server import Endpoint, open311_server
from gridkit.exchange.open311_xml import to_xml
from gridkit.records.grids import make_grids
from gridkit.records.ids import new_id
from gridkit.triage.clocks import next_due

DAY = dt.date(2026, 10, 21)
SECRET = "张三家 13800000000"
KEY = b"0" * 32
PROFILE = gk.load_profile()
GRIDS = ["990428100001001", "990428100001002", "990428101001001"]

# The rules of https://github.com/open311/schema-validation, schema/georeport-v2, in our words:
# the repository has no licence, so its files are not copied here.
TEXT, NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"]}
MOMENT = {
    "type": ["string", "null"],
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$",
}
REQUEST = {
    "required": ["service_request_id", "status", "service_code", "requested_datetime"],
    "additionalProperties": False,  # ours, and stricter: no requester
    "properties": {
        **dict.fromkeys(REQUEST_FIELDS, TEXT),
        "service_request_id": {"type": "string"},
        "service_code": {"type": "string"},
        "description": {**TEXT, "maxLength": 4000},
        "status": {"enum": ["open", "closed"]},
        "requested_datetime": {**MOMENT, "type": "string"},
        "updated_datetime": MOMENT,
        "expected_datetime": MOMENT,
        "lat": NUMBER,
        "long": NUMBER,
    },
}
SERVICE = {
    "required": ["service_code", "service_name", "metadata", "type"],
    "properties": {
        "service_code": {"type": "string"},
        "service_name": {"type": "string"},
        "metadata": {"type": "boolean"},
        "type": {"enum": ["realtime", "batch", "blackbox"]},
        "description": TEXT,
        "keywords": TEXT,
        "group": TEXT,
    },
}
KINDS = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
VALUE = {
    "required": ["key", "name"],
    "properties": {"key": {"type": "string"}, "name": {"type": "string"}},
}
ATTRIBUTE = {
    "required": ["variable", "code", "datatype", "required"],
    "properties": {
        "variable": {"type": "boolean"},
        "code": {"type": "string"},
        "datatype": {"enum": KINDS},
        "required": {"type": "boolean"},
        "datatype_description": TEXT,
        "order": {"type": ["integer", "null"]},
        "description": TEXT,
        "values": {"type": "array", "items": VALUE},
    },
}
DEFINITION = {
    "required": ["service_code", "attributes"],
    "properties": {
        "service_code": {"type": "string"},
        "attributes": {"type": "array", "items": ATTRIBUTE},
    },
}
REQUESTER = {"email", "first_name", "last_name", "phone", "device_id", "account_id"}


def frames(matters):
    """Make a ledger's frames of (grid, demand, dispute) triples, all words secret."""
    concerns = pd.DataFrame(
        {
            "grid_id": pd.Categorical([GRIDS[g] for g, _, _ in matters]),
            "demand_type": pd.Categorical([d for _, d, _ in matters]),
            "demand_detail": pd.Categorical([None] * len(matters)),
            "dispute_code": pd.Categorical([c for _, _, c in matters]),
            "source": pd.Categorical(["window"] * len(matters)),
            "safety": pd.Categorical([None] * len(matters)),
            "people_affected": pd.array([3] * len(matters), dtype="Int64"),
            "heard_on": pd.to_datetime(["2026-10-01"] * len(matters)).as_unit("s"),
            "summary": pd.array([SECRET] * len(matters), dtype="str"),
            "external_id": pd.array([SECRET] * len(matters), dtype="str"),
        },
        index=pd.Index([f"WX-{n}" for n in range(len(matters))], dtype="str"),
    )
    steps = pd.DataFrame(
        {"concern_id": [], "action": [], "on": pd.to_datetime([]), "satisfied": [], "unit": []}
    )
    return concerns, steps


POINTS = pd.DataFrame({"lon": [122.1, 122.2, 122.3], "lat": [27.1, 27.2, 27.3]}, index=GRIDS)
NAMES = pd.Series(
    dict(zip(GRIDS, ["古镛镇东门", "古镛镇西门", "白莲镇东门"], strict=True))
    | {"990428100000": "古镛镇", "990428101000": "白莲镇"}
)
MATTERS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["water", "wages", "roads"]),
        st.sampled_from([None, "0201", "14"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25)
@given(matters=MATTERS, k=st.integers(2, 6))
def test_no_cell_that_is_told_has_fewer_than_k(matters, k):
    """By kind, by kind and township, by kind and grid; and nothing of a statutory channel."""
    concerns, steps = frames(matters)

    table = requests(concerns, steps, DAY, PROFILE, Terms(KEY, POINTS, k, NAMES))

    by_kind = table["service_code"].value_counts()
    with_place = table.dropna(subset=["lat"])
    in_grid = with_place.groupby(["service_code", "lat", "long"]).size()
    named = table[table["lat"].isna()].dropna(subset=["address_id"])
    in_township = named.groupby(["service_code", "address_id"]).size()
    by_name = table.dropna(subset=["address"]).groupby(["service_code", "address"]).size()
    for cells in (by_kind, in_grid, in_township, by_name):
        assert (cells >= k).all()
    allowed = {d for g, d, c in matters if c != "14"}
    assert set(table["service_code"]) <= allowed
    jsonschema.validate(table.to_dict("records"), {"type": "array", "items": REQUEST})
    assert "张三" not in table.to_json()
    assert "WX-" not in table.to_json()
    assert not REQUESTER & set(table.columns)


def test_the_date_to_expect_is_the_legal_clock():
    """The end of the day on which the duty ends, in the time of China."""
    concerns, steps = frames([(0, "water", None)] * 6)

    table = requests(concerns, steps, DAY, PROFILE, Terms(KEY, POINTS))

    due = next_due(concerns, steps, PROFILE, DAY)["due_on"].dt.strftime("%Y-%m-%d")
    assert set(table["expected_datetime"]) == {f"{day}T23:59:59+08:00" for day in due}
    assert set(table["requested_datetime"]) == {"2026-10-01T00:00:00+08:00"}
    with pytest.raises(DataError, match="2 or more"):
        requests(concerns, steps, DAY, PROFILE, Terms(KEY, k=1))


@pytest.fixture(scope="module")
def port():
    """Serve twelve matters on a free port of this machine."""
    concerns, steps = frames([(0, "water", None)] * 6 + [(2, "roads", None)] * 6)
    endpoint = Endpoint(
        PROFILE, requests(concerns, steps, DAY, PROFILE, Terms(KEY, POINTS)), DAY
    )
    server = open311_server(lambda: endpoint, port=0)
    assert server.server_address[0] == "127.0.0.1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def get(port, address, **headers):
    """Ask the endpoint; give the status, the media type and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("Content-Type", ""), answer.read()
    connection.close()
    return found


def test_the_answers_have_the_published_shape(port):
    """Services, their definitions and requests, as JSON and as XML of the same content."""
    listed = json.loads(get(port, "/services.json")[2])
    jsonschema.validate(listed, {"type": "array", "items": SERVICE})
    assert listed == services(PROFILE)
    rows = json.loads(get(port, "/requests.json")[2])
    jsonschema.validate(rows, {"type": "array", "items": REQUEST})
    assert len(rows) == 12
    status, media, body = get(port, "/requests.xml")
    top = ET.fromstring(body)
    assert (status, media, top.tag) == (200, "text/xml; charset=utf-8", "service_requests")
    ids = [one.findtext("service_request_id") for one in top.findall("request")]
    assert ids == [row["service_request_id"] for row in rows]
    one = json.loads(get(port, f"/requests/{ids[0]}.json")[2])
    jsonschema.validate(one, {"type": "array", "items": REQUEST, "minItems": 1, "maxItems": 1})
    for service in listed:
        definition = json.loads(get(port, f"/services/{service['service_code']}.json")[2])
        jsonschema.validate(definition, DEFINITION)
        assert definition["service_code"] == service["service_code"]
        assert definition["attributes"][0]["values"]
    top = ET.fromstring(
        get(port, "/services/water.xml")[2]
    )  # as in the spec: no list around it
    assert (top.tag, top[0].tag) == ("service_definition", "service_code")
    keys = [one.text for one in top.iterfind("attributes/attribute/values/value/key")]
    assert "water_cut" in keys


def test_requests_are_chosen_by_the_parameters_of_the_spec(port):
    """Code, status, dates; one by its id, alone; what is not there is said so."""
    assert len(json.loads(get(port, "/requests.json?service_code=water")[2])) == 6
    assert json.loads(get(port, "/requests.json?status=closed")[2]) == []
    later = "/requests.json?start_date=2026-10-02T00:00:00Z&end_date=2026-10-09T00:00:00Z"
    assert json.loads(get(port, later)[2]) == []
    one = json.loads(get(port, "/requests.json")[2])[0]["service_request_id"]
    assert len(json.loads(get(port, f"/requests/{one}.json")[2])) == 1
    for address in ("/requests/none.json", "/services/none.xml", "/other.json"):
        assert get(port, address)[0] == 404
    assert get(port, "/requests.csv")[0] == 400


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("start_date=2026-09-30T16:00:00Z", 12),  # the very moment at which the day begins
        ("start_date=2026-09-30T16:00:01Z", 0),
        ("start_date=2026-10-01T00:00:00%2B08:00", 12),
        ("start_date=2026-10-01T00:00:00+08:00", 12),  # a plus that is a space in an address
        ("start_date=2026-10-01", 12),
        ("end_date=2026-10-01", 12),
        ("end_date=2026-09-30T15:59:59Z", 0),
        ("start_date=2026-08-01&end_date=2026-10-01", 12),
    ],
)
def test_dates_are_moments_with_their_zone(port, asked, number):
    """A day of China begins at 16:00 of the day before in Greenwich."""
    assert len(json.loads(get(port, f"/requests.json?{asked}")[2])) == number


@pytest.mark.parametrize(
    "asked",
    [
        "start_date=yesterday",
        "start_date=2026-02-30",
        "end_date=2026-10-01T00:00:00",
        "start_date=2026-01-01&end_date=2026-10-01",
        "status=' OR 1=1",
    ],
)
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_parameter_that_is_none_is_said_so(port, asked, kind):
    """An error in the spec's form, not an empty list that reads as no matters."""
    address = f"/requests.{kind}?{asked.replace(' ', '%20')}"

    status, media, body = get(port, address)

    assert (status, kind in media) == (400, True)
    if kind == "json":
        assert json.loads(body)[0]["code"] == 400
    else:
        assert ET.fromstring(body).findtext("error/code") == "400"


def test_an_address_that_is_none_and_what_would_write_are_refused_in_form(port):
    """Whoever sends nonsense gets an answer, and nothing comes in."""
    for method, address, status in (("GET", "http://[", 400), ("POST", "/requests.json", 405)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest(method, address, skip_host=True)
        connection.putheader("Host", "127.0.0.1")
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())[0]["code"]) == (status, status)
        connection.close()


def test_an_id_tells_neither_the_number_nor_the_moment_and_stays():
    """The ledger's own says when it was made; an outside number could be guessed and tried."""
    concerns, steps = frames([(0, "water", None)] * 6)
    concerns.index = pd.Index([new_id() for _ in range(6)], dtype="str")

    first = requests(concerns, steps, DAY, PROFILE, Terms(KEY))["service_request_id"]
    again = requests(concerns.iloc[::-1], steps, DAY, PROFILE, Terms(KEY))["service_request_id"]
    other = requests(concerns, steps, DAY, PROFILE, Terms(b"1" * 32))["service_request_id"]

    assert first.tolist() == again.tolist() == sorted(first)
    assert not set(first) & set(other)
    assert not any(label[:8] in one for label in concerns.index for one in first)


@given(text=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_word_is_sound_xml(text):
    """Control characters, brackets and quotes: read back as they were, but for what XML lacks."""
    xml = to_xml("services", "service", [{"service_name": text}])

    read = ET.fromstring(xml).findtext("service/service_name")
    allowed = "".join(c if c in "\t\n\r" or c >= " " else " " for c in text)
    allowed = re.sub("[\ufffe\uffff]", " ", allowed)
    assert read == allowed.replace("\r\n", "\n").replace("\r", "\n")


def test_another_name_of_this_machine_is_refused(port):
    """A page of the web cannot read it by a name that leads here."""
    assert get(port, "/requests.json", Host="evil.example")[0] == 403


@pytest.mark.parametrize(
    "words", [["open311", "--port"], ["serve", "--port=0", "--open311", "--open311-port"]]
)
def test_a_port_that_is_taken_is_refused(tmp_path, port, words):
    """Nothing goes to another port in silence; the option that chooses one is told."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
    made = gk.create_workspace(
        tmp_path / "w", name="某县", county_code="990428", grids=grids, invented=True
    )
    made.close()

    done = CliRunner().invoke(app, [*words, str(port), "-w", str(tmp_path / "w")])

    assert isinstance(done.exception, GridkitError)
    assert f"端口 {port} 已被占用" in str(done.exception)
    assert f"{words[-1]} 0" in str(done.exception)


def test_a_ledger_that_cannot_be_read_is_an_answer_of_the_spec():
    """The one who asks gets an error in form, and nothing of what went wrong."""

    def broken():
        raise DataError(zh=SECRET, en=SECRET)

    with open311_server(broken, port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        status, media, body = get(server.server_port, "/requests.json")
        server.shutdown()

    assert (status, media) == (500, "application/json; charset=utf-8")
    assert json.loads(body)[0].keys() == {"code", "description"}
    assert SECRET not in body.decode()
