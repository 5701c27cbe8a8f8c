"""Licences and known vulnerabilities of the locked dependencies."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement

from phodang.errors import InputError

LicenceVerdict = Literal["allowed", "copyleft", "unknown", "not installed"]

_COPYLEFT = re.compile(
    r"(?<!L)(?<!Lesser )\bA?GPL|(?:GNU|Affero) (?:Affero )?General Public", re.IGNORECASE
)
"""The GPL and the AGPL, by SPDX name or in words; the LGPL, which lets others link to it, is not
meant."""
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_LICENCE = 60
"""Some packages have the whole text in the field for the name."""

_AUDIT_SECONDS = 600


@dataclass(frozen=True)
class DependencyLicence:
    """What a locked dependency says of its licence.

    Attributes:
        name: The distribution.
        version: The version that is installed; that of the lock, if none is.
        licence: What its metadata say; empty if nothing.
        verdict: What that means.
    """

    name: str
    version: str
    licence: str
    verdict: LicenceVerdict


@dataclass(frozen=True)
class Vulnerability:
    """A vulnerability that is known.

    Attributes:
        name: The distribution.
        version: The version of the lock.
        id: Its name, such as ``PYSEC-2024-1``.
        fixed_in: Versions without it.
    """

    name: str
    version: str
    id: str
    fixed_in: tuple[str, ...]


@dataclass(frozen=True)
class VulnerabilityReport:
    """What pip-audit found.

    Attributes:
        audited: How many dependencies were looked up.
        vulnerabilities: What is known of them.
        not_audited: Why some were not, or all; empty if none was left out.
    """

    audited: int
    vulnerabilities: tuple[Vulnerability, ...]
    not_audited: str


def locked_requirements(lock: Path) -> dict[str, str]:
    """Read a lock.

    Args:
        lock: A file of requirements, each pinned by ``==``, with or without a marker.

    Returns:
        The versions by name of what this Python needs.

    Raises:
        InputError: The file is missing, or a line is no such requirement.
    """
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{lock} cannot be read: {error.strerror}. Give a lock.") from None
    versions = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            requirement = Requirement(line)
            (pin,) = requirement.specifier
        except (InvalidRequirement, ValueError):
            pin = None
        if pin is None or pin.operator != "==":
            raise InputError(
                f"{lock}, line {number}: expected a requirement with one version, found {line!r}. "
                "Pin it with ==."
            )
        if requirement.marker is None or requirement.marker.evaluate():
            versions[requirement.name] = pin.version
    return versions


def dependency_licences(requirements: Mapping[str, str]) -> list[DependencyLicence]:
    """Read the licences of distributions from what is installed.

    Args:
        requirements: Versions by name.
    """
    found = []
    for name, version in requirements.items():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            found.append(DependencyLicence(name, version, "", "not installed"))
            continue
        licence = licence_of(
            expression="".join(metadata.get_all("License-Expression") or []),
            field="".join(metadata.get_all("License") or []),
            classifiers=metadata.get_all("Classifier") or [],
        )
        found.append(
            DependencyLicence(name, metadata["Version"], licence, licence_verdict(licence))
        )
    return found


def licence_of(*, expression: str, field: str, classifiers: Iterable[str]) -> str:
    """What metadata say of a licence, the most exact first.

    Args:
        expression: ``License-Expression``, in SPDX's terms (PEP 639); empty if there is none.
        field: ``License``, in any words; empty if there is none.
        classifiers: All of ``Classifier``; several licences are taken for a choice.
    """
    if expression:
        return expression
    named = [c.removeprefix(_CLASSIFIER) for c in classifiers if c.startswith(_CLASSIFIER)]
    if named:
        return " OR ".join(named)
    words = " ".join(field.split())
    return words if len(words) <= _LONGEST_LICENCE else words[:_LONGEST_LICENCE] + "…"


def licence_verdict(licence: str) -> LicenceVerdict:
    """Say what a licence means: copyleft is what offers nothing but the GPL or the AGPL."""
    choices = [choice for choice in re.split(r"\s+(?:OR|or)\s+|;", licence) if choice.strip()]
    if not choices:
        return "unknown"
    return "copyleft" if all(map(_COPYLEFT.search, choices)) else "allowed"


def known_vulnerabilities(lock: Path) -> VulnerabilityReport:
    """Ask pip-audit (https://pypi.org/project/pip-audit) for vulnerabilities of a lock.

    It needs the network, and is no dependency: where it is not installed, the report says so.
    """
    if importlib.util.find_spec("pip_audit") is None:
        return VulnerabilityReport(
            0, (), "pip-audit is not installed. Install it with `pip install pip-audit`."
        )
    options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), *options]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, encoding="utf-8", timeout=_AUDIT_SECONDS
        )
        return vulnerability_report(json.loads(done.stdout))
    except (json.JSONDecodeError, subprocess.TimeoutExpired) as error:
        said = f"{error}" if isinstance(error, subprocess.TimeoutExpired) else done.stderr
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        return VulnerabilityReport(
            0, (), f"pip-audit came to no end: {last[0]}. It needs to reach its service."
        )


def vulnerability_report(document: Mapping[str, Any]) -> VulnerabilityReport:
    """Read pip-audit's report, of which JSON was made."""
    dependencies = document["dependencies"]
    skipped = [each for each in dependencies if "skip_reason" in each]
    audited = [each for each in dependencies if "skip_reason" not in each]
    found = tuple(
        Vulnerability(
            each["name"], each["version"], known["id"], tuple(known.get("fix_versions", ()))
        )
        for each in audited
        for known in each["vulns"]
    )
    reason = ""
    if skipped:
        reason = (
            f"{len(skipped)} of {len(dependencies)} dependencies could not be looked up, the first "
            f"for this reason: {skipped[0]['skip_reason']}"
        )
    return VulnerabilityReport(len(audited), found, reason)
