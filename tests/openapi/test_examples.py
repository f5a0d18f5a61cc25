"""The named examples: every one fits its schema, and they agree with each other."""

from typing import Any

import pytest

from openapi import load
from tests.openapi.reading import (
    DOCUMENTS,
    Example,
    Node,
    compile_schema,
    every_document,
    list_examples,
    list_operations,
    resolve,
)

EXAMPLES = [
    pytest.param(document, example, id=f"{name}: {example.where}")
    for name, document in DOCUMENTS.items()
    for example in list_examples(document)
]
CREATIONS = [o for o in list_operations(load(), "paths") if o.method == "post"]


@pytest.mark.parametrize(("document", "example"), EXAMPLES)
def test_example_fits_its_schema(document: Node, example: Example) -> None:
    errors = compile_schema(document, example.schema).iter_errors(example.value)
    assert [(error.instance_path, error.message) for error in errors] == []


@every_document
def test_there_are_examples_of_everything(document: Node) -> None:
    assert len(list_examples(document)) > 30


@pytest.mark.parametrize("creation", CREATIONS, ids=lambda creation: creation.path)
@pytest.mark.parametrize("name", ["minimal", "full"])
def test_an_answer_repeats_what_its_request_said(document: Node, creation: Any, name: str) -> None:
    """SESS-04, SESS-05, SESS-06 hold between the examples of the same name."""
    request = example_of(document, creation.content["requestBody"], name)
    answer = example_of(document, resolve(document, creation.content["responses"]["201"]), name)
    assert answer["currency"] == request["currency"]
    assert answer["country"] == request["userCountryCode"]
    assert answer["amount"] == request.get("amount")
    for field in ("userId", "websiteReference", "customFields"):
        assert answer.get(field) == request.get(field)
    for secret in ("userKyc", "blockchainDestinationAddress", "blockchainDestinationType", "userEmail"):
        assert secret not in answer
    assert (answer["status"], answer["deposit"]) == ("open", None)


@pytest.mark.parametrize("creation", CREATIONS, ids=lambda creation: creation.path)
def test_the_full_request_has_every_field_and_the_minimal_one_the_required(
    document: Node, creation: Any
) -> None:
    body = creation.content["requestBody"]
    schema = resolve(document, body["content"]["application/json"]["schema"])
    assert set(example_of(document, body, "full")) == set(schema["properties"])
    assert set(schema["required"]) <= set(example_of(document, body, "minimal"))
    assert "idempotencyKey" not in example_of(document, body, "minimal")


def test_identity_data_is_in_no_example_of_an_answer(document: Node) -> None:
    kyc = document["components"]["examples"]["CreateHostedPartnerManagedSessionFull"]["value"]["userKyc"]
    values = {value for key, value in kyc.items() if key not in {"citizenshipCountryCode", "gender"}}
    assert len(values) == 6
    for operation in list_operations(document, "paths"):
        for response in operation.content["responses"].values():
            for media in resolve(document, response)["content"].values():
                for example in media["examples"].values():
                    text = str(resolve(document, example)["value"])
                    assert not [value for value in values if value in text]


def example_of(document: Node, body: Node, name: str) -> Any:
    return resolve(document, body["content"]["application/json"]["examples"][name])["value"]
