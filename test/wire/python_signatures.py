"""Signs requests of every kind with boto3 and prints what each got, one JSON object."""

import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
results = {}


def client(service, **config):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def record(name, call):
    try:
        call()
        results[name] = "ok"
    except ClientError as error:
        results[name] = error.response["Error"]["Code"]


def fetch(url, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode()) from error


s3 = client("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
legacy = client("s3", s3={"addressing_style": "path"}, signature_version="s3")
for key in ["plain", "a b+c", "a//b", "/leading", "ü/€/😀", "a%2Fb", "~!*'();:@&=$,?#[]", "..", "a/../b", "x" * 300]:
    record(f"put {key}", lambda: s3.put_object(Bucket="b", Key=key, Body=b"data", Metadata={"m": "v  w"}))
    record(f"get {key}", lambda: s3.get_object(Bucket="b", Key=key))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": key})
    record(f"presigned get {key}", lambda: fetch(url))
    old = legacy.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": key, "VersionId": "v+1"})
    record(f"old presigned get {key}", lambda: fetch(old))
record("list", lambda: s3.list_objects_v2(Bucket="b", Prefix="a b+&=ü", Delimiter="/", StartAfter="~*'"))
for name, signer in {"presigned put": s3, "old presigned put": legacy}.items():
    put = signer.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k", "ContentType": "text/x"})
    record(name, lambda: fetch(put, "PUT", b"data", {"Content-Type": "text/x"}))
record("delete many", lambda: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a&b"}]}))
with open(os.devnull, "rb") as empty:
    record("empty stream", lambda: s3.put_object(Bucket="b", Key="k", Body=empty))
for algorithm in ["CRC32", "SHA1", "SHA256"]:
    record(f"put {algorithm}", lambda: s3.put_object(Bucket="b", Key="k", Body=b"data", ChecksumAlgorithm=algorithm))
chunked = client("s3", s3={"addressing_style": "path", "payload_signing_enabled": True})
record("signed payload", lambda: chunked.put_object(Bucket="b", Key="k", Body=b"data"))
arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
awslambda = client("lambda")
record("invoke", lambda: awslambda.invoke(FunctionName=arn, Qualifier="$LATEST", Payload=b'{"a": "\xc3\xbc"}'))
record("list tags", lambda: awslambda.list_tags(Resource=arn))
record("untag", lambda: awslambda.untag_resource(Resource=arn, TagKeys=["a b", "ü"]))
record("dynamodb", lambda: client("dynamodb").get_item(TableName="tbl", Key={"a": {"S": "ü"}}))
record("logs", lambda: client("logs").describe_log_groups(logGroupNamePrefix="/aws"))
record("iam", lambda: client("iam").list_roles(PathPrefix="/a+=,.@-/"))
record("sts", lambda: client("sts").get_caller_identity())
sts_url = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
record("presigned sts", lambda: fetch(sts_url))
print(json.dumps(results))
