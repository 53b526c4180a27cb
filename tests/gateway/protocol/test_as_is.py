"""Documents of the user's own (DynamoDB's items) pass the gateway in the form that they have on the wire."""

import json

import msgspec

from groundcloud.gateway.protocol import Input, protocol_for
from groundcloud.gateway.protocol.repairs import as_is
from groundcloud.gateway.trail.shape import HIDDEN, shower
from groundcloud.gateway.validate import input_validator
from groundcloud.models import service_model

MODEL = service_model("dynamodb")
PUT, GET = MODEL.operation_model("PutItem"), MODEL.operation_model("GetItem")


def test_an_item_arrives_as_it_was_sent():
    item = {"id": {"S": "a"}, "blob": {"B": "AAEC"}, "odd": {"S": 5}}
    body = json.dumps({"TableName": "t", "Item": item}).encode()
    assert protocol_for(MODEL, "json").input_parser(PUT)(Input({}, "", {}, body)) == {"table_name": "t", "item": item}


def test_an_item_that_is_encoded_already_is_written_as_it_is():
    write = protocol_for(MODEL, "json").output_writer(GET)
    answer = write({"item": msgspec.Raw(b'{"id":{"S":"a"}}')}, "request-id")
    assert json.loads(answer.body) == {"Item": {"id": {"S": "a"}}}


def test_the_validator_leaves_documents_to_the_service():
    input_validator(PUT)({"table_name": "t", "item": {"x" * 70_000: {"S": 5}}})


def test_no_event_shows_an_item():
    show = shower(PUT.input_shape, as_is("dynamodb"))
    assert show({"table_name": "t", "item": {"id": {"S": "a"}}}) == {"tableName": "t", "item": HIDDEN}
