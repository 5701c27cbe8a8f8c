"""Licences and vulnerabilities of dependencies are told as they are; so is what is not known."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from phodang.errors import InputError
from phodang_training.trust import dependency_audit
from phodang_training.trust.dependency_audit import (
    Vulnerability,
    VulnerabilityReport,
    dependency_licences,
    known_vulnerabilities,
    licence_of,
    licence_verdict,
    locked_requirements,
    vulnerability_report,
)

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "audit"
LOCK = ROOT / "tests" / "requirements.txt"

UNKNOWN = "no-such-distribution-of-phodang"


@pytest.mark.parametrize(
    ("licence", "verdict"),
    [
        ("MIT", "allowed"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "allowed"),
        ("LGPL-2.1-or-later", "allowed"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "allowed"),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", "allowed"),
        ("BSD License OR GNU General Public License (GPL)", "allowed"),
        ("GPL-3.0-only", "copyleft"),
        ("AGPL-3.0", "copyleft"),
        ("MIT AND GPL-2.0-only", "copyleft"),
        ("GPL-2.0-only OR AGPL-3.0-only", "copyleft"),
        ("GNU General Public License v3 or later (GPLv3+)", "copyleft"),
        ("GNU Affero General Public License v3", "copyleft"),
        ("", "unknown"),
    ],
)
def test_what_a_licence_means(licence: str, verdict: str) -> None:
    assert licence_verdict(licence) == verdict


def test_the_most_exact_name_of_a_licence_is_taken() -> None:
    classifiers = ["Topic :: Text", "License :: OSI Approved :: MIT License"]
    assert licence_of(expression="BSD-3-Clause", field="x", classifiers=classifiers) == (
        "BSD-3-Clause"
    )
    assert licence_of(expression="", field="x", classifiers=classifiers) == "MIT License"
    assert licence_of(expression="", field="Apache\n 2.0", classifiers=[]) == "Apache 2.0"
    assert len(licence_of(expression="", field="word " * 1000, classifiers=[])) < 70
    assert licence_of(expression="", field="", classifiers=[]) == ""


def test_no_locked_dependency_is_under_gpl_or_agpl() -> None:
    licences = dependency_licences(locked_requirements(LOCK))
    assert len(licences) > 100
    assert [each for each in licences if each.verdict in ("copyleft", "unknown")] == []


def test_what_is_not_installed_is_told() -> None:
    (found,) = dependency_licences({UNKNOWN: "1.0"})
    assert (found.name, found.version, found.verdict) == (UNKNOWN, "1.0", "not installed")


def test_a_lock_is_read_for_this_python(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text('# all\n\na==1\nb==2 ; python_version < "3"\nc==3 ; python_version >= "3"\n')
    assert locked_requirements(lock) == {"a": "1", "c": "3"}


@pytest.mark.parametrize("line", ["a", "a>=1", "a==1,>0", "-r other.txt", "==1"])
def test_what_is_no_lock_is_told(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"b==1\n{line}\n")
    with pytest.raises(InputError, match=r"lock\.txt, line 2: expected a requirement with one ver"):
        locked_requirements(lock)
    with pytest.raises(InputError, match="cannot be read"):
        locked_requirements(tmp_path / "none.txt")


REPORT = {
    "dependencies": [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3", "2.1"]}]},
        {"name": "c", "skip_reason": "Dependency not found"},
    ]
}


def test_what_was_left_out_does_not_count_as_sound() -> None:
    report = vulnerability_report(REPORT)
    assert report.audited == 2
    assert report.vulnerabilities == (Vulnerability("b", "2", "PYSEC-1", ("3", "2.1")),)
    assert "1 of 3 dependencies could not be looked up" in report.not_audited
    assert "Dependency not found" in report.not_audited


def asked(monkeypatch: pytest.MonkeyPatch, answer: Any) -> VulnerabilityReport:
    """What is made of an answer of pip-audit."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace())
    monkeypatch.setattr(dependency_audit.subprocess, "run", answer)
    return known_vulnerabilities(LOCK)


def test_an_audit_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(*_: object, **__: object) -> object:
        return SimpleNamespace(stdout="", stderr="Traceback\nConnectionError: no route")

    def slow(*_: object, **__: object) -> object:
        raise subprocess.TimeoutExpired("pip-audit", 600)

    report = asked(monkeypatch, failed)
    assert (report.audited, report.vulnerabilities) == (0, ())
    assert "ConnectionError: no route. It needs to reach its service." in report.not_audited
    assert "timed out after 600 seconds" in asked(monkeypatch, slow).not_audited
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install pip-audit" in known_vulnerabilities(LOCK).not_audited


def run(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(runpy.run_path(str(SCRIPT))["main"])
    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, result.output


def test_the_script_fails_if_asked_to_when_something_was_not_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"typer==1\n{UNKNOWN}==1\n")
    status, output = run("--lock", lock)
    assert status == 0, output
    assert f"{UNKNOWN} 1: no licence told (not installed)" in output
    assert "Licences of 2 dependencies: allowed 1, not installed 1." in output
    assert "Vulnerabilities were not fully checked: pip-audit is not installed." in output
    assert run("--lock", lock, "--strict")[0] == 1
    assert "typer" in run("--lock", lock, "--all")[1]
    assert run("--lock", tmp_path / "none")[0] == 2


def test_the_script_fails_on_a_vulnerability(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        dependency_audit, "known_vulnerabilities", lambda lock: vulnerability_report(REPORT)
    )
    lock = tmp_path / "lock.txt"
    lock.write_text("typer==1\n")
    status, output = run("--lock", lock)
    assert status == 1
    assert "b 2: PYSEC-1, fixed in 3, 2.1" in output
    assert "Vulnerabilities of 2 dependencies: 1." in output
