"""Drives Lambda's functions, layers and code signing with unmodified boto3; prints what it saw as one JSON object."""

import io
import json
import sys
import zipfile

import boto3

ROLE, PREFIX = sys.argv[1:3]
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789"


def package(name, text):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text)
    return content.getvalue()


seen = {}
functions = boto3.client("lambda")


def wait(waiter, **arguments):
    """With the waiter's own conditions, asking more often than by default."""
    functions.get_waiter(waiter).wait(**arguments, WaiterConfig={"Delay": 0.1, "MaxAttempts": 1200})


layer = functions.publish_layer_version(
    LayerName=PREFIX + "layer",
    Content={"ZipFile": package("python/word.py", "WORD = 'layered'\n")},
    CompatibleRuntimes=["python3.11"],
)
functions.publish_layer_version(LayerName=PREFIX + "layer", Content={"ZipFile": package("x", "y")})
functions.publish_layer_version(LayerName=PREFIX + "other", Content={"ZipFile": package("x", "y")})
pages = functions.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
seen["layers"] = [item["LayerName"] for page in pages for item in page["Layers"] if item["LayerName"].startswith(PREFIX)]
pages = functions.get_paginator("list_layer_versions").paginate(
    LayerName=PREFIX + "layer", PaginationConfig={"PageSize": 1}
)
seen["versions"] = [item["Version"] for page in pages for item in page["LayerVersions"]]
by_arn = functions.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])
seen["by arn"] = by_arn["Version"]

config = functions.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [PROFILE]})
config_arn = config["CodeSigningConfig"]["CodeSigningConfigArn"]
code = package("app.py", "import word\n\ndef handler(event, context):\n    return word.WORD\n")
names = [PREFIX + "one", PREFIX + "two"]
for name in names:
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": code},
        Layers=[layer["LayerVersionArn"]],
        CodeSigningConfigArn=config_arn,
        Publish=True,
        Timeout=60,
        MemorySize=1769,
    )
    wait("function_exists", FunctionName=name)
    wait("function_active", FunctionName=name)
    wait("function_active_v2", FunctionName=name)
    wait("published_version_active", FunctionName=name, Qualifier="1")
for waiter in ("function_updated", "function_updated_v2"):
    functions.update_function_configuration(FunctionName=names[0], Description=waiter)
    wait(waiter, FunctionName=names[0])
seen["answer"] = json.load(functions.invoke(FunctionName=names[0])["Payload"])
pages = functions.get_paginator("list_functions_by_code_signing_config").paginate(
    CodeSigningConfigArn=config_arn, PaginationConfig={"PageSize": 1}
)
seen["signed"] = sorted(arn.split(":")[-1] for page in pages for arn in page["FunctionArns"])
pages = functions.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 1})
seen["config"] = config_arn in [item["CodeSigningConfigArn"] for page in pages for item in page["CodeSigningConfigs"]]
pages = functions.get_paginator("list_versions_by_function").paginate(
    FunctionName=names[0], PaginationConfig={"PageSize": 1}
)
seen["published"] = [item["Version"] for page in pages for item in page["Versions"]]
pages = functions.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 1})
seen["listed"] = [
    item["FunctionArn"].split(":function:")[1]
    for page in pages
    for item in page["Functions"]
    if item["FunctionName"].startswith(PREFIX)
]

seen["errors"] = []


def fails(error, call, **arguments):
    try:
        call(**arguments)
    except getattr(functions.exceptions, error) as raised:
        seen["errors"].append([error, raised.response["ResponseMetadata"]["HTTPStatusCode"]])


fails("ResourceConflictException", functions.delete_code_signing_config, CodeSigningConfigArn=config_arn)
functions.update_code_signing_config(
    CodeSigningConfigArn=config_arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
)
fails("CodeVerificationFailedException", functions.update_function_code, FunctionName=names[0], ZipFile=code)
fails("ResourceNotFoundException", functions.get_layer_version, LayerName=PREFIX + "layer", VersionNumber=9)
fails(
    "CodeSigningConfigNotFoundException",
    functions.put_function_code_signing_config,
    FunctionName=names[0],
    CodeSigningConfigArn=config_arn[:-17] + "0" * 17,
)
fails("PreconditionFailedException", functions.update_function_code, FunctionName=names[0], ZipFile=code, RevisionId="x")

for name in names:
    functions.delete_function(FunctionName=name)
functions.delete_code_signing_config(CodeSigningConfigArn=config_arn)
for name, number in (("layer", 1), ("layer", 2), ("other", 1)):
    functions.delete_layer_version(LayerName=PREFIX + name, VersionNumber=number)
print(json.dumps(seen))
