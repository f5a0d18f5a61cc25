"""The bundler: what it makes of files, what it refuses, and that its results are committed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi import bundle, load
from openapi.sources import SourceError, read_source, write_yaml


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """A document of these files, by their paths; returns the path of its root."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "openapi.yaml"


@pytest.mark.parametrize("name", bundle.find_names())
def test_committed_bundles_are_fresh(name: str) -> None:
    for path, text in bundle.render(bundle.find_root(name)).items():
        assert path.read_text(encoding="utf-8") == text, "stale: run python -m openapi.bundle"


def test_both_forms_of_the_bundle_are_one_document() -> None:
    text = (bundle.FOLDER / "dist" / "openapi.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == load()


def test_every_load_is_a_document_of_its_own() -> None:
    first = load()
    first["info"]["title"] = "changed"
    assert load()["info"]["title"] != "changed"


def test_references_to_components_stay_references_and_others_are_replaced(tmp_path: Path) -> None:
    root = write_files(
        tmp_path,
        {
            "openapi.yaml": "paths:\n  /a:\n    $ref: paths/a.yaml\ndescription:\n  $ref: prose/a.md\n",
            "paths/a.yaml": "schema:\n  $ref: ../components/schemas/A.yaml\n  description: beside it\n",
            "components/schemas/A.yaml": "properties:\n  next:\n    $ref: A.yaml\n  b:\n    $ref: B.yaml\n",
            "components/schemas/B.yaml": "type: string\n",
            "prose/a.md": "Some *prose*.\n",
        },
    )
    assert bundle.bundle(root) == {
        "paths": {"/a": {"schema": {"$ref": "#/components/schemas/A", "description": "beside it"}}},
        "description": "Some *prose*.\n",
        "components": {
            "schemas": {
                "A": {
                    "properties": {
                        "next": {"$ref": "#/components/schemas/A"},
                        "b": {"$ref": "#/components/schemas/B"},
                    }
                },
                "B": {"type": "string"},
            }
        },
    }


def test_a_pointer_picks_a_part_of_a_file_and_lists_are_spliced(tmp_path: Path) -> None:
    root = write_files(
        tmp_path,
        {
            "openapi.yaml": "all:\n  - $ref: some.yaml#/a~1b\n  - 3\nfirst:\n  $ref: some.yaml#/a~1b/0\n",
            "some.yaml": "a/b: [1, 2]\n",
        },
    )
    assert bundle.bundle(root) == {"all": [1, 2, 3], "first": 1, "components": {}}


def test_the_mapping_of_a_discriminator_names_components(tmp_path: Path) -> None:
    root = write_files(
        tmp_path,
        {
            "openapi.yaml": "a:\n  propertyName: type\n  mapping:\n    cat: components/schemas/Cat.yaml\n",
            "components/schemas/Cat.yaml": "type: object\n",
        },
    )
    assert bundle.bundle(root)["a"]["mapping"] == {"cat": "#/components/schemas/Cat"}
    assert "Cat" in bundle.bundle(root)["components"]["schemas"]


def test_a_document_shares_the_components_of_another(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "components/schemas/A.yaml": "properties:\n  b:\n    $ref: B.yaml\n",
            "components/schemas/B.yaml": "type: string\n",
            "components/schemas/Unused.yaml": "type: string\n",
            "other/openapi.yaml": "schema:\n  $ref: ../components/schemas/A.yaml\n  description: beside it\n",
        },
    )
    assert bundle.bundle(tmp_path / "other" / "openapi.yaml") == {
        "schema": {"$ref": "#/components/schemas/A", "description": "beside it"},
        "components": {
            "schemas": {
                "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}},
                "B": {"type": "string"},
            }
        },
    }


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"openapi.yaml": "$ref: absent.yaml\n"}, r"absent\.yaml: cannot be read"),
        ({"openapi.yaml": "a:\n  $ref: b.yaml\n", "b.yaml": "c:\n  $ref: b.yaml\n"}, "includes itself"),
        ({"openapi.yaml": "a:\n  $ref: b.yaml#/x\n", "b.yaml": "c: 1\n"}, "has nothing at '/x'"),
        ({"openapi.yaml": "a:\n  $ref: b.yaml\n  c: 1\n", "b.yaml": "c: 1\n"}, "nothing may stand beside"),
        ({"openapi.yaml": "a:\n  $ref: '#/components/schemas/A'\n"}, "names no file"),
        ({"openapi.yaml": "a: 1\n", "components/schemas/A.yaml": "b: 1\n"}, "nothing refers to this"),
        ({"openapi.yaml": "a: 1\nb: 2\na: 3\n"}, "occurs twice"),
        (
            {
                "openapi.yaml": "- $ref: components/schemas/A.yaml\n- $ref: o/components/schemas/A.yaml\n",
                "components/schemas/A.yaml": "a: 1\n",
                "o/components/schemas/A.yaml": "a: 2\n",
            },
            "would be a second A beside",
        ),
        ({"openapi.yaml": "a: [\n"}, r"openapi\.yaml: while parsing"),
        ({"openapi.yaml": "$ref: a.txt\n", "a.txt": "x"}, "only .yaml and .md"),
    ],
)
def test_a_mistake_in_the_sources_is_named_with_its_file(
    tmp_path: Path, files: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SourceError, match=complaint):
        bundle.bundle(write_files(tmp_path, files))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-14", "2026-03-14"),
        ("2026-03-14T09:26:53.120Z", "2026-03-14T09:26:53.120Z"),
        ("no", "no"),
        ("NO", "NO"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("true", True),
        ("null", None),
        ("-12", -12),
        ("0.1", 0.1),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_are_what_json_has_and_text_otherwise(tmp_path: Path, text: str, value: Any) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"a: {text}\n", encoding="utf-8")
    assert read_source(file) == {"a": value}


@pytest.mark.parametrize(
    "value",
    [
        {"a": "2026-03-14", "b": "no", "c": "1_0"},
        {"text": "a\n\n  b\n"},
        [["x"], {"y": None}],
        {"s": "ü 😀 \u0085"},
    ],
)
def test_what_is_written_is_read_alike_by_any_yaml_reader(tmp_path: Path, value: Any) -> None:
    text = write_yaml(value)
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    assert yaml.safe_load(text) == value
    assert read_source(file) == value


def test_check_tells_a_stale_bundle_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundle, "FOLDER", tmp_path)
    root = write_files(tmp_path, {"openapi.yaml": "openapi: 3.1.1\n", "other/openapi.yaml": "a: 1\n"})
    assert bundle.find_names() == ["openapi", "other"]
    assert bundle.main(["--check"]) == 1
    assert not (tmp_path / "dist").exists()
    assert bundle.main([]) == 0
    assert bundle.main(["--check"]) == 0
    assert json.loads((tmp_path / "other" / "dist" / "openapi.json").read_text()) == {
        "a": 1,
        "components": {},
    }
    root.write_text("openapi: 3.1.0\n")
    assert bundle.main(["--check"]) == 1
    assert "dist/openapi.yaml is stale" in capsys.readouterr().err
    root.write_text("$ref: absent.yaml\n")
    assert bundle.main([]) == 2
