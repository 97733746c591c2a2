"""Each case from the field has a test, each of these tests a case, and the docs are current."""

import re

import pytest

from custom_components.homesec.engine.core.stream_verdict import StreamVerdict
from homesec_dev import case_table
from homesec_dev.case_table import (
    Case,
    case_rows,
    markdown,
    read_cases,
    verdict_rows,
    with_table,
)

CASES = read_cases()
TESTS = sorted(case_table.FOLDER.glob("test_*.py"))


def test_ids_of_cases_are_unique():
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_has_tests(case):
    assert case.files
    for path in case.files:
        assert "def test_" in path.read_text() or path.suffix == ".ts"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_field_test_belongs_to_a_case(path):
    assert any(path in case.files for case in CASES)
    assert re.search(r"^(async )?def test_", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("case", [c for c in CASES if c.id[0] == "V"], ids=lambda case: case.id)
def test_case_of_camera_is_documented(case):
    assert all((case.symptom, case.sends, case.does, case.helps))
    # A cell of a table.
    assert not {"|", "\n"} & set(case.symptom + case.sends + case.does + case.helps)


def test_tables_in_docs_are_current():
    assert case_table.current_page() == case_table.PAGE.read_text(), "run script/cases"


def test_table_of_symptoms_has_rows_with_a_symptom_only():
    first = Case(id="X1", symptom="It blinks", sends="Light", does="Looks away", helps="A hat")
    assert case_rows([first, Case(id="X2")]) == [("**It blinks**", "Light", "Looks away", "A hat")]


def test_table_of_verdicts_has_all():
    assert len(verdict_rows()) == len(StreamVerdict)


def test_table_is_put_in_its_place():
    page = "# A\n<!-- script/cases writes this table: b -->\nold\n<!-- End of the table. -->\nC\n"
    table = markdown(("x", "y"), [("1", "2")])
    changed = with_table(page, "b", table)
    assert changed == page.replace("old", "\n| x | y |\n| --- | --- |\n| 1 | 2 |\n")
    assert with_table(changed, "b", table) == changed
    with pytest.raises(ValueError, match="0 places"):
        with_table(page, "d", table)


def test_case_ids_stay_in_their_folder():
    known = re.compile(r"\b(" + "|".join(case.id for case in CASES) + r")\b")
    page = case_table.PAGE.read_text()
    assert not known.findall(page)
