"""Drives S3 with boto3 as its users do, and tells what it saw as JSON."""

import filecmp
import io
import json
import os
import sys
import tempfile

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

KEYS = ["a b", "a+b", "\u00fc", "\U0001f600", "~", "!*'()", "a//b", "%41", "x\u0001y", "\u00e9\u0301"]

s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
seen = {}


def error_of(call):
    try:
        call()
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]


s3.create_bucket(Bucket="boto")
s3.get_waiter("bucket_exists").wait(Bucket="boto")
for key in KEYS:
    s3.put_object(Bucket="boto", Key=key, Body=key.encode(), Metadata={"k": "v"})
listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket="boto")["Contents"]]
seen["listed"] = sorted(listed) == sorted(KEYS)
seen["read"] = all(s3.get_object(Bucket="boto", Key=key)["Body"].read() == key.encode() for key in KEYS)

pages = s3.get_paginator("list_objects_v2").paginate(Bucket="boto", PaginationConfig={"PageSize": 3})
seen["paged"] = len(pages.build_full_result()["Contents"])

content = os.urandom(11_000_000)
parts = TransferConfig(multipart_threshold=5 * 1024**2, multipart_chunksize=5 * 1024**2)
s3.upload_fileobj(io.BytesIO(content), "boto", "big", Config=parts, ExtraArgs={"ServerSideEncryption": "AES256"})
head = s3.head_object(Bucket="boto", Key="big", ChecksumMode="ENABLED")
seen["big"] = [head["ContentLength"], head["ETag"][-3:-1]]
s3.copy({"Bucket": "boto", "Key": "big"}, "boto", "copy", Config=parts)
down = io.BytesIO()
s3.download_fileobj("boto", "copy", down, Config=parts)
seen["copied"] = down.getvalue() == content
attributes = s3.get_object_attributes(
    Bucket="boto", Key="big", ObjectAttributes=["ETag", "ObjectSize", "ObjectParts", "Checksum"]
)
seen["attributes"] = [attributes["ObjectSize"], attributes["ObjectParts"]["TotalPartsCount"]]

seen["errors"] = [
    error_of(lambda: s3.get_object(Bucket="boto", Key="none")),
    error_of(lambda: s3.head_object(Bucket="boto", Key="none")),
    error_of(lambda: s3.list_objects_v2(Bucket="none")),
    error_of(lambda: s3.delete_bucket(Bucket="boto")),
    error_of(lambda: s3.get_bucket_policy(Bucket="boto")),
]

bucket = boto3.resource("s3").Bucket("boto")
with tempfile.TemporaryDirectory() as folder:
    bucket.download_file("big", f"{folder}/one")
    bucket.upload_file(f"{folder}/one", "again")
    bucket.download_file("again", f"{folder}/two")
    seen["files"] = filecmp.cmp(f"{folder}/one", f"{folder}/two", shallow=False)
for key in [entry.key for entry in bucket.objects.all()]:
    bucket.Object(key).delete()
seen["left"] = len(list(bucket.object_versions.all()))
bucket.delete()
json.dump(seen, sys.stdout)
