"""Drives Lambda through boto3: classes of errors, waiters, paginators. Prints what it saw as JSON."""

import json
import sys

import boto3
from boto3_answers import error, package, pages
from botocore.config import Config

name, role = sys.argv[1], sys.argv[2]
client = boto3.client("lambda", config=Config(retries={"max_attempts": 1}))
quick = {"Delay": 1, "MaxAttempts": 60}


def wait(waiter, **arguments):
    client.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=quick, **arguments)


def code(value):
    return package(f"export const handler = async () => {value};\n")


seen = {}
client.create_function(
    FunctionName=name,
    Role=role,
    Runtime="nodejs22.x",
    Handler="index.handler",
    Code={"ZipFile": code(1)},
    MemorySize=1769,
)
wait("function_exists")
wait("function_active")
wait("function_active_v2")
client.update_function_code(FunctionName=name, ZipFile=code(2))
wait("function_updated")
wait("function_updated_v2")
for number in (1, 2, 3):
    client.update_function_configuration(FunctionName=name, Timeout=60 + number)
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

versions, count = pages(client, "list_versions_by_function", "Versions", 3, FunctionName=name)
seen["versions"] = [[item["Version"] for item in versions], count]
for operation, member in (
    ("list_aliases", "Aliases"),
    ("list_function_event_invoke_configs", "FunctionEventInvokeConfigs"),
    ("list_function_url_configs", "FunctionUrlConfigs"),
    ("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs"),
):
    items, count = pages(client, operation, member, 2, FunctionName=name)
    seen[operation] = [len(items), count]
functions, _ = pages(client, "list_functions", "Functions", 1)
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
    error(client, "get_alias", FunctionName=name, Name="none"),
    error(client, "create_alias", FunctionName=name, Name="alias-1", FunctionVersion="1"),
    error(client, "delete_function", FunctionName=name, Qualifier="1"),
    error(client, "update_alias", FunctionName=name, Name="alias-1", RevisionId="stale"),
    error(client, "get_provisioned_concurrency_config", FunctionName=name, Qualifier="alias-1"),
    error(client, "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=999),
    error(client, "put_function_event_invoke_config", FunctionName=name, MaximumRetryAttempts=9),
]
client.delete_function(FunctionName=name)
seen["gone"] = error(client, "get_function", FunctionName=name)
print(json.dumps(seen))
