"""The report of the platform check."""

from dataclasses import replace
import json

import pytest

from homesec_dev.platforms import engine_tests
from homesec_dev.platforms.report import OnAlpine, Report
from homesec_dev.platforms.resolve import TARGETS

WORKS = OnAlpine(install=True, imports=True, detects=True, record=True, ha_default_detects=True)
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="6">
<testcase classname="tests.engine.test_a" name="test_passes"/>
<testcase classname="tests.engine.test_a" name="test_fails"><failure message="no"/></testcase>
<testcase classname="tests.engine.test_a" name="test_fails"><error message="teardown"/></testcase>
<testcase classname="tests.engine.test_a" name="test_breaks"><error message="no"/></testcase>
<testcase classname="tests.engine.test_b" name="test_1"><skipped message="no OpenCV"/></testcase>
<testcase classname="tests.engine.test_b" name="test_2"><skipped message="no OpenCV"/></testcase>
</testsuite></testsuites>"""


def report(**found):
    return Report(
        resolve=dict.fromkeys(TARGETS, True), musl_x86_64=replace(WORKS, **found), complete=True
    )


def test_report_where_all_works_is_ok_and_has_the_documented_keys():
    found = json.loads(json.dumps(report(tests_passed=3, tests_failed=0).as_json()))
    assert found["ok"] is True
    assert found["resolve"] == dict.fromkeys(TARGETS, True)
    assert {
        key: found["musl_x86_64"][key]
        for key in (
            *("install", "import", "ha_default_detects", "record"),
            *("tests_passed", "tests_failed"),
        )
    } == {
        "install": True,
        "import": True,
        "ha_default_detects": True,
        "record": True,
        "tests_passed": 3,
        "tests_failed": 0,
    }


def test_report_without_the_tests_is_ok():
    assert report().ok


@pytest.mark.parametrize("check", ["install", "imports", "detects", "record", "ha_default_detects"])
def test_report_with_a_check_that_fails_is_not_ok(check):
    assert not report(**{check: False}).ok


@pytest.mark.parametrize(
    "tests", [{"tests_passed": 3, "tests_failed": 1}, {"tests_passed": 0, "tests_failed": 0}]
)
def test_report_with_failed_tests_or_none_is_not_ok(tests):
    assert not report(**tests).ok


def test_report_with_requirements_that_do_not_resolve_is_not_ok():
    found = report()
    found.resolve["musl_aarch64"] = "there is no wheel"
    assert not found.ok
    assert not Report(musl_x86_64=WORKS, complete=True).ok


def test_report_with_a_problem_is_not_ok():
    found = report()
    found.problems.append("installed while it ran: opencv")
    assert not found.ok


def test_results_of_tests_count_each_test_once_and_skips_by_reason():
    results = engine_tests.read(JUNIT)
    assert results.passed == 1
    assert results.failed == ["tests.engine.test_a::test_breaks", "tests.engine.test_a::test_fails"]
    assert results.skipped == {"no OpenCV": 2}


def test_report_of_a_check_that_did_not_end_is_not_ok():
    found = report()
    found.complete = False
    assert not found.ok
