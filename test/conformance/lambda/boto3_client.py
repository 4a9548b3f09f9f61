"""Drives Lambda through boto3: classes of errors, waiters, paginators. Prints what it saw as JSON."""

import io
import json
import sys
import zipfile

import boto3
from botocore.config import Config

name, role = sys.argv[1], sys.argv[2]
client = boto3.client("lambda", config=Config(retries={"max_attempts": 1}))
quick = {"Delay": 1, "MaxAttempts": 60}


def package(value):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("index.mjs")
        # Functions run as a user who is not the file's owner.
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, f"export const handler = async () => {value};\n")
    return buffer.getvalue()


def wait(waiter, **arguments):
    client.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=quick, **arguments)


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
    Code={"ZipFile": package(1)},
)
wait("function_exists")
wait("function_active")
wait("function_active_v2")
client.update_function_code(FunctionName=name, ZipFile=package(2))
wait("function_updated")
wait("function_updated_v2")
for number in (1, 2, 3):
    client.update_function_configuration(FunctionName=name, Timeout=number)
    wait("function_updated_v2")
    version = client.publish_version(FunctionName=name)["Version"]
    wait("published_version_active", Qualifier=version)
    client.create_alias(FunctionName=name, Name=f"alias-{number}", FunctionVersion=version)
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier=version, MaximumRetryAttempts=0
    )
    client.create_function_url_config(
        FunctionName=name, Qualifier=f"alias-{number}", AuthType="AWS_IAM"
    )
    client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1
    )

versions, count = pages("list_versions_by_function", "Versions", 3, FunctionName=name)
seen["versions"] = [[item["Version"] for item in versions], count]
for operation, member in (
    ("list_aliases", "Aliases"),
    ("list_function_event_invoke_configs", "FunctionEventInvokeConfigs"),
    ("list_function_url_configs", "FunctionUrlConfigs"),
    ("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs"),
):
    items, count = pages(operation, member, 2, FunctionName=name)
    seen[operation] = [len(items), count]
functions, _ = pages("list_functions", "Functions", 1)
seen["listed"] = name in [item["FunctionName"] for item in functions]

client.update_alias(
    FunctionName=name,
    Name="alias-1",
    RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}},
)
answer = client.invoke(FunctionName=name, Qualifier="alias-1")
seen["invoked"] = [answer["ExecutedVersion"], json.loads(answer["Payload"].read())]
client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
seen["reserved"] = client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]

seen["errors"] = [
    error("get_alias", FunctionName=name, Name="none"),
    error("create_alias", FunctionName=name, Name="alias-1", FunctionVersion="1"),
    error("delete_function", FunctionName=name, Qualifier="1"),
    error("update_alias", FunctionName=name, Name="alias-1", RevisionId="stale"),
    error("get_provisioned_concurrency_config", FunctionName=name, Qualifier="alias-1"),
    error("put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=999),
    error("put_function_event_invoke_config", FunctionName=name, MaximumRetryAttempts=9),
]
client.delete_function(FunctionName=name)
seen["gone"] = error("get_function", FunctionName=name)
print(json.dumps(seen))
