"""Drives event source mappings, capacity providers and durable executions with unmodified boto3; prints what it saw as JSON."""

import json
import sys
import time

import boto3
from boto3_answers import error, package, pages
from botocore.config import Config

name, role, account = sys.argv[1:4]
client = boto3.client("lambda", config=Config(retries={"max_attempts": 1}))
region = client.meta.region_name


seen = {}
client.create_function(
    FunctionName=name,
    Role=role,
    Runtime="nodejs22.x",
    Handler="index.handler",
    Code={"ZipFile": package('export const handler = async () => ({ Status: "SUCCEEDED", Result: "7" });\n')},
    DurableConfig={"ExecutionTimeout": 600},
    Timeout=60,
    MemorySize=1769,
)
client.get_waiter("function_active_v2").wait(FunctionName=name)

for number in range(3):
    client.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:{region}:{account}:{name}-{number}",
        Enabled=False,
    )
mappings, count = pages(client, "list_event_source_mappings", "EventSourceMappings", 2, FunctionName=name)
seen["mappings"] = [[mapping["State"] for mapping in mappings], count]
for mapping in mappings:
    client.delete_event_source_mapping(UUID=mapping["UUID"])
seen["mapping"] = error(client, "get_event_source_mapping", UUID="00000000-0000-4000-8000-000000000000")

for number in range(3):
    client.create_capacity_provider(
        CapacityProviderName=f"{name}-{number}",
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
        PermissionsConfig={"CapacityProviderOperatorRoleArn": role},
    )
providers, _ = pages(client, "list_capacity_providers", "CapacityProviders", 2)
mine = [item for item in providers if f":{name}-" in item["CapacityProviderArn"]]
seen["providers"] = len(mine)
seen["versions"], _ = pages(client, 
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
found, count = pages(client, "list_durable_executions_by_function", "DurableExecutions", 2, FunctionName=name)
seen["executions"] = [[item["DurableExecutionArn"] for item in found] == executions, count]
events, count = pages(client, "get_durable_execution_history", "Events", 2, DurableExecutionArn=executions[0])
seen["events"] = [[event["EventType"] for event in events], count]
seen["same name"] = error(client, 
    "invoke", FunctionName=name, Qualifier="$LATEST", DurableExecutionName="run-0", Payload=b"1"
)
seen["callback"] = error(client, "send_durable_execution_callback_success", CallbackId="bm9ib2R5L3g=")
seen["stopped"] = client.stop_durable_execution(DurableExecutionArn=executions[0])["StopTimestamp"].timestamp() < time.time()
client.delete_function(FunctionName=name)
print(json.dumps(seen))
