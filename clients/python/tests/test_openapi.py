"""Every call of the client against the farm's own description of its API, docs/openapi.json."""

from __future__ import annotations

import ast
import json
import sys
import typing
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import framefarm
from farm import ROOT

DOCUMENT = ROOT / "docs/openapi.json"
# Where a view of the client has another name there.
VIEWS = {
    "JobView": framefarm.JobView, "FrameView": framefarm.FrameView, "HostView": framefarm.HostView,
    "OutputView": framefarm.OutputView, "AttemptView": framefarm.AttemptView, "StepView": framefarm.StepView,
    "WhoView": framefarm.WhoView, "WhyView": framefarm.WhyView, "FarmIdentity": framefarm.Identity,
    "DraftFault": framefarm.Fault,
}


def calls() -> set[tuple[str, str]]:
    """Method and path of every call, read from the client's text."""
    found = set()
    for node in ast.walk(ast.parse(Path(framefarm.__file__).read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if node.func.attr in ("call", "json") and len(words) >= 2:
            found.add((words[0], words[1]))
        elif node.func.attr in ("_pages", "stream") and words:
            found.add(("GET", words[0]))
        elif node.func.attr == "target" and words:
            found.add(("PUT" if "content" in words[0] else "GET", words[0]))
    return {(method, path) for method, path in found if path.startswith("/")}


def doors() -> set[tuple[str, str]]:
    """Every door of the farm: docs/doors.md lists them, and a test of the farm keeps it so."""
    lines = [line.split("|") for line in (ROOT / "docs/doors.md").read_text("utf-8").splitlines()]
    rows = [[cell.strip(" `") for cell in line] for line in lines if len(line) == 5]
    return {(row[1], row[2]) for row in rows if row[2].startswith("/")}


def fields_of(schema: dict[str, typing.Any], schemas: dict[str, typing.Any]) -> set[str]:
    """The fields of a schema, those of its parts among them."""
    if "$ref" in schema:
        return fields_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    parts = [fields_of(part, schemas) for part in schema.get("allOf", ())]
    return set(schema.get("properties", ())).union(*parts)


class Api(unittest.TestCase):
    def test_the_calls_are_found_in_the_text(self) -> None:
        found = calls()
        self.assertIn(("POST", "/drafts"), found)
        self.assertIn(("GET", "/jobs/{job}/results/{name}"), found)
        self.assertGreater(len(found), 20)

    def test_every_call_is_a_door(self) -> None:
        known = doors()
        self.assertEqual([f"{m} {p}" for m, p in sorted(calls()) if (m, f"/api/v1{p}") not in known], [])

    @unittest.skipUnless(DOCUMENT.exists(), "docs/openapi.json is not written yet")
    def test_every_call_is_described(self) -> None:
        paths = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
        known = {(method.upper(), path) for path, methods in paths.items() for method in methods}
        self.assertEqual([f"{m} {p}" for m, p in sorted(calls()) if (m, f"/api/v1{p}") not in known], [])

    @unittest.skipUnless(DOCUMENT.exists(), "docs/openapi.json is not written yet")
    def test_every_field_is_described(self) -> None:
        schemas = json.loads(DOCUMENT.read_text("utf-8"))["components"]["schemas"]
        unknown = []
        for name, view in VIEWS.items():
            fields = fields_of(schemas.get(name, {}), schemas)
            self.assertTrue(fields, f"{name} is not described")
            unknown += [f"{name}.{field}" for field in view.__annotations__ if field not in fields]
        self.assertEqual(unknown, [])


if __name__ == "__main__":
    unittest.main()
