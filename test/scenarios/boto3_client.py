"""Drives Lambkin with unmodified boto3 and prints what it saw as one JSON object."""

import io
import json
import urllib.request
import zipfile
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Key

ROLE = "arn:aws:iam::000000000000:role/anything"


def package(version):
    code = f"def handler(event, context):\n    return {{'sum': sum(event['numbers']), 'version': {version}}}\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("app.py")
        entry.external_attr = 0o644 << 16  # as on AWS, others must be able to read it
        archive.writestr(entry, code)
    return content.getvalue()


seen = {}
functions = boto3.client("lambda")
identity = boto3.client("sts").get_caller_identity()
seen["identity"] = {"Account": identity["Account"], "Arn": identity["Arn"]}


def invoke(payload):
    return functions.invoke(FunctionName="summer", Payload=json.dumps(payload))


functions.create_function(
    FunctionName="summer",
    Runtime="python3.11",
    Handler="app.handler",
    Role=ROLE,
    Timeout=60,
    Code={"ZipFile": package(1)},
)
functions.get_waiter("function_active_v2").wait(FunctionName="summer")
answers = [json.load(invoke({"numbers": [1, 2, 3]})["Payload"])]
functions.update_function_code(FunctionName="summer", ZipFile=package(2))
functions.get_waiter("function_updated_v2").wait(FunctionName="summer")
answers.append(json.load(invoke({"numbers": [1, 2, 3]})["Payload"]))
seen["answers"] = answers

failed = invoke({"numbers": ["x"]})
seen["error"] = {
    "FunctionError": failed["FunctionError"],
    "errorType": json.load(failed["Payload"])["errorType"],
}

streamed = functions.invoke_with_response_stream(FunctionName="summer", Payload=json.dumps({"numbers": [4, 5]}))
events = list(streamed["EventStream"])
seen["streamed"] = {
    "payload": json.loads(b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)),
    "last": list(events[-1]),
}

for name in ("other-1", "other-2"):
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=ROLE, Code={"ZipFile": package(1)}
    )
pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
seen["functions"] = sum(len(page["Functions"]) for page in pages)

for name in ("summer", "other-1", "other-2"):
    functions.delete_function(FunctionName=name)
try:
    functions.get_function(FunctionName="summer")
except functions.exceptions.ResourceNotFoundException as error:
    seen["missing"] = [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]

database = boto3.resource("dynamodb")
table = database.create_table(
    TableName="prices",
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[
        {"AttributeName": "shop", "AttributeType": "S"},
        {"AttributeName": "article", "AttributeType": "S"},
    ],
    KeySchema=[{"AttributeName": "shop", "KeyType": "HASH"}, {"AttributeName": "article", "KeyType": "RANGE"}],
)
table.wait_until_exists()
with table.batch_writer() as batch:
    for article in ("a", "b", "c"):
        batch.put_item(Item={"shop": "s", "article": article, "price": Decimal("12.50")})
seen["item"] = str(table.get_item(Key={"shop": "s", "article": "a"})["Item"]["price"])
found = table.query(KeyConditionExpression=Key("shop").eq("s") & Key("article").lt("c"))
seen["queried"] = [item["article"] for item in found["Items"]]

storage = boto3.client("s3")
storage.create_bucket(Bucket="boto3-files")
storage.put_object(Bucket="boto3-files", Key="a/b c.txt", Body=b"from boto3")
seen["object"] = storage.get_object(Bucket="boto3-files", Key="a/b c.txt")["Body"].read().decode()
link = storage.generate_presigned_url("get_object", Params={"Bucket": "boto3-files", "Key": "a/b c.txt"})
with urllib.request.urlopen(link) as answer:
    seen["presigned"] = answer.read().decode()

print(json.dumps(seen))
