"""Drives event source mappings, capacity providers and durable executions with unmodified boto3; prints what it saw as JSON."""

import io
import json
import sys
import time
import zipfile

import boto3
from botocore.config import Config

name, role, account = sys.argv[1:4]
client = boto3.client("lambda", config=Config(retries={"max_attempts": 1}))
region = client.meta.region_name


def package(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("index.mjs")
        # Functions run as a user who is not the file's owner.
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text)
    return buffer.getvalue()


def pages(operation, member, size, **arguments):
    paginator = client.get_paginator(operation)
    found = list(paginator.paginate(PaginationConfig={"PageSize": size}, **arguments))
    return [item for page in found for item in page[member]], len(found)


def error(operation, **arguments):
    try:
        getattr(client, operation)(**arguments)
    except client.exceptions.ClientError as failure:
        code = failure.response["Error"]["Code"]
        by_class = isinstance(failure, getattr(client.exceptions, code, ()))
        return [code, failure.response["ResponseMetadata"]["HTTPStatusCode"], by_class]
    return None


seen = {}
client.create_function(
    FunctionName=name,
    Role=role,
    Runtime="nodejs22.x",
    Handler="index.handler",
    Code={"ZipFile": package('export const handler = async () => ({ Status: "SUCCEEDED", Result: "7" });\n')},
    DurableConfig={"ExecutionTimeout": 60},
)
client.get_waiter("function_active_v2").wait(FunctionName=name)

for number in range(3):
    client.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:{region}:{account}:{name}-{number}",
        Enabled=False,
    )
mappings, count = pages("list_event_source_mappings", "EventSourceMappings", 2, FunctionName=name)
seen["mappings"] = [[mapping["State"] for mapping in mappings], count]
for mapping in mappings:
    client.delete_event_source_mapping(UUID=mapping["UUID"])
seen["mapping"] = error("get_event_source_mapping", UUID="00000000-0000-4000-8000-000000000000")

for number in range(3):
    client.create_capacity_provider(
        CapacityProviderName=f"{name}-{number}",
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
        PermissionsConfig={"CapacityProviderOperatorRoleArn": role},
    )
providers, _ = pages("list_capacity_providers", "CapacityProviders", 2)
mine = [item for item in providers if f":{name}-" in item["CapacityProviderArn"]]
seen["providers"] = len(mine)
seen["versions"], _ = pages(
    "list_function_versions_by_capacity_provider",
    "FunctionVersions",
    2,
    CapacityProviderName=f"{name}-0",
)
for item in mine:
    client.delete_capacity_provider(CapacityProviderName=item["CapacityProviderArn"])

executions = []
for number in range(3):
    answer = client.invoke(
        FunctionName=name, Qualifier="$LATEST", DurableExecutionName=f"run-{number}", Payload=b"{}"
    )
    executions.append(answer["DurableExecutionArn"])
    seen["result"] = json.loads(answer["Payload"].read())
found, count = pages("list_durable_executions_by_function", "DurableExecutions", 2, FunctionName=name)
seen["executions"] = [[item["DurableExecutionArn"] for item in found] == executions, count]
events, count = pages("get_durable_execution_history", "Events", 2, DurableExecutionArn=executions[0])
seen["events"] = [[event["EventType"] for event in events], count]
seen["same name"] = error(
    "invoke", FunctionName=name, Qualifier="$LATEST", DurableExecutionName="run-0", Payload=b"1"
)
seen["callback"] = error("send_durable_execution_callback_success", CallbackId="bm9ib2R5L3g=")
seen["stopped"] = client.stop_durable_execution(DurableExecutionArn=executions[0])["StopTimestamp"].timestamp() < time.time()
client.delete_function(FunctionName=name)
print(json.dumps(seen))
