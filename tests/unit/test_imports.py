"""The packages import one way, as the design draws it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAY_IMPORT = {
    "api": {"schema", "models", "db"},
    "schema": {"models", "db", "breadth"},
    "models": {"db"},
    "db": set(),
    "breadth": set(),
    "migrations": set(),
}


def imported(source: str) -> set[str]:
    """The top-level packages that a module imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def violations(root: Path, package: str) -> list[str]:
    """Each import in a package that the design does not have, as `db/pool.py imports models`."""
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    return [
        f"{path.relative_to(root)} imports {name}"
        for path in sorted((root / package).rglob("*.py"))
        for name in sorted(imported(path.read_text()) & forbidden)
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    """A package imports only those below it."""
    assert violations(ROOT, package) == []


def test_a_wrong_import_is_found(tmp_path: Path) -> None:
    """An import against the direction is reported, also inside a function and under an alias."""
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "pool.py").write_text(
        "import asyncpg, db.url\ndef f():\n    import schema.types as t\n    from models.page import Page\n"
    )

    assert violations(tmp_path, "db") == ["db/pool.py imports models", "db/pool.py imports schema"]


def test_every_package_has_its_rule() -> None:
    """No package at the top level escapes the rule, but for those that may import everything."""
    packages = {path.parent.name for path in ROOT.glob("[!.]*/*.py")}

    assert packages - MAY_IMPORT.keys() <= {"bench", "examples", "tests"}
