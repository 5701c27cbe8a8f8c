"""What a user relies on before the first text is read: a quick import, versions, the README."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import phodang
from phodang_training.config import EntitiesConfig
from phodang_training.config_files import load_config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(ROOT.glob("*/docs/*.md")))
}

HEAVY = {"numpy", "onnxruntime", "tokenizers", "torch", "transformers", "underthesea"}
IMPORT_SECONDS = 0.15
IMPORT_TRIES = 10


def blocks(language: str) -> list[str]:
    """The code blocks of a language in the README and the pages of documentation."""
    form = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return [block for page in PAGES.values() for block in form.findall(page)]


def run_python(code: str, *arguments: str) -> str:
    """Run a program in a fresh interpreter and return what it prints."""
    completed = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        # Wide and plain, so that help is not broken or cut.
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONUTF8": "1"},
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_import_loads_nothing_heavy() -> None:
    loaded = run_python(
        "import sys, phodang; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    assert HEAVY.isdisjoint(loaded.split())
    assert "phodang" in loaded.split()


def test_import_is_quick() -> None:
    code = (
        "import time; t = time.perf_counter(); from phodang import predict; "
        "print(time.perf_counter() - t)"
    )
    # The best of several: what else the machine does can only make it slower.
    for _ in range(IMPORT_TRIES):
        seconds = float(run_python(code))
        if seconds < IMPORT_SECONDS:
            return
    pytest.fail(f"Importing phodang took {seconds:.3f} s in the last of {IMPORT_TRIES} tries.")


def test_versions_agree() -> None:
    assert phodang.__version__ == PROJECT["version"]
    assert importlib.metadata.version("phodang") == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", phodang.__all__)
def test_public_names_exist(name: str) -> None:
    assert getattr(phodang, name).__name__ == name
    assert name in dir(phodang)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'prdict'"):
        _ = phodang.prdict


def test_scripts_are_executable() -> None:
    names = ("demo", "test", "train_entities", "adapt_encoder")
    scripts = [ROOT / "scripts" / name for name in names]
    for script in (*scripts, ROOT / ".ci" / "run"):
        assert os.access(script, os.X_OK), script


def test_lock_pins_every_dependency() -> None:
    lines = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    version = r'python_version (<|>=|==) "3\.1[0-3]"'
    form = re.compile(rf"[a-z0-9-]+==[\w.]+( ; {version}( and {version})?)?")
    assert [pin for pin in pins if not form.fullmatch(pin)] == []
    locked = {pin.partition("==")[0] for pin in pins}
    extras = PROJECT["optional-dependencies"].values()
    for requirement in (*PROJECT["dependencies"], *(line for extra in extras for line in extra)):
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert name.group().replace("_", "-").lower() in locked, requirement


def test_readme_has_python_that_parses() -> None:
    assert blocks("python")
    for block in blocks("python"):
        ast.parse(block)


def test_readme_imports_exist() -> None:
    trees = [ast.parse(block) for block in blocks("python")]
    imports = [
        (node.module, alias.name)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert ("phodang", "predict") in imports
    for module, name in imports:
        assert module is not None
        if module == "phodang":
            assert name in phodang.__all__
        else:
            assert hasattr(importlib.import_module(module), name), (module, name)


def test_readme_configuration_is_valid(tmp_path: Path) -> None:
    (text,) = (block for block in blocks("toml") if "[training]" in block)
    path = tmp_path / "my-model.toml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path, EntitiesConfig)
    assert str(config.output) in README.partition("[training]")[2]


@pytest.mark.parametrize("option", re.findall(r"--set ('[^']+'|\S+)", README))
def test_readme_overrides_are_valid(option: str) -> None:
    load_config(
        ROOT / "training" / "configs" / "entities.toml", EntitiesConfig, [option.strip("'")]
    )


def test_links_lead_somewhere() -> None:
    form = re.compile(r"\]\((?!https?:)([^)#]+)")
    links = [path.parent / link for path, page in PAGES.items() for link in form.findall(page)]
    assert links
    assert [link for link in links if not link.exists()] == []


def commands_in_readme() -> list[str]:
    """The command lines of phodang and phodang-train, in blocks and tables alike."""
    lines = [line for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    for page in PAGES.values():
        lines += re.findall(r"`((?:time )?phodang[- ][^`]*)`", page)
    found = (re.search(r"\bphodang(-train)? [a-z][^|>#]*", line) for line in lines)
    return sorted({match.group().strip() for match in found if match})


@cache
def help_of(command: str, subcommand: str) -> str:
    package = {"phodang": "phodang", "phodang-train": "phodang_training"}[command]
    return run_python(f"from {package}.cli import main; main()", subcommand, "--help")


@pytest.mark.parametrize("line", commands_in_readme())
def test_readme_commands_exist(line: str) -> None:
    command, subcommand, *arguments = shlex.split(line)
    shown = help_of(command, subcommand)
    for argument in arguments:
        if argument.startswith("--"):
            assert re.search(rf"(?<![\w-]){argument}(?![\w-])", shown), argument


def test_demo_article_is_there() -> None:
    assert (ROOT / "data" / "articles" / "au-0-14.txt").read_text(encoding="utf-8").strip()
