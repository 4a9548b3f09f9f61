"""Sends one request for each operation of the golden tests with boto3. Whatever comes back is ignored."""

import datetime
import sys

import boto3
from botocore.config import Config

endpoint, key, secret = sys.argv[1:4]
TEXT = "text ü & <b>"
WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)
CALLS = [
    ("lambda", "invoke", {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "Qualifier": "$LATEST",
                          "Payload": b'{"a":1}', "LogType": "Tail"}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "a b/ü+c", "Body": TEXT.encode(), "Metadata": {"m": "v"}}),
    ("dynamodb", "put_item", {"TableName": "table", "Item": {"id": {"S": TEXT}, "b": {"B": bytes([1, 2, 3])}}}),
    ("iam", "create_role", {"RoleName": "role", "AssumeRolePolicyDocument": "{}", "Description": TEXT}),
    ("sqs", "send_message", {"QueueUrl": endpoint + "/000000000000/q", "MessageBody": TEXT,
                             "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": bytes([1, 2, 3])}}}),
    ("kinesis", "put_record", {"StreamName": "stream", "PartitionKey": "p", "Data": bytes([1, 2, 3])}),
    ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": [
        {"MetricName": "m", "Value": 0.5, "Timestamp": WHEN}]}),
]

for service, operation, parameters in CALLS:
    client = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    try:
        getattr(client, operation)(**parameters)
    except Exception:
        pass
