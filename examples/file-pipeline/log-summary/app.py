"""Summarises web server access logs: one DynamoDB item per requested path, and one for the whole file."""

import re
from collections import defaultdict
from urllib.parse import unquote_plus

from aws import call_json, get_object

TABLE = "log-summaries"

# The combined log format, with the time taken in milliseconds as a last field.
LINE = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-) "[^"]*" "[^"]*" (?P<ms>\d+)$'
)


def handler(event, context):
    summaries = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        text = get_object(bucket, key).decode("utf-8", "replace")
        summaries.append(summarise(bucket, key, text))
    return {"files": summaries}


def summarise(bucket, key, text):
    paths = defaultdict(lambda: {"requests": 0, "errors": 0, "bytes": 0, "times": []})
    hosts, unreadable = set(), 0
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None:
            unreadable += 1
            continue
        hosts.add(match["host"])
        path = paths[match["path"].split("?")[0]]
        path["requests"] += 1
        path["errors"] += match["status"][0] == "5"
        path["bytes"] += 0 if match["bytes"] == "-" else int(match["bytes"])
        path["times"].append(int(match["ms"]))

    source = f"s3://{bucket}/{key}"
    for path, seen in paths.items():
        put_item(source, path, seen["requests"], seen["errors"], seen["bytes"], percentile(seen["times"], 95))
    requests = sum(seen["requests"] for seen in paths.values())
    errors = sum(seen["errors"] for seen in paths.values())
    sent = sum(seen["bytes"] for seen in paths.values())
    slowest = percentile([ms for seen in paths.values() for ms in seen["times"]], 95)
    put_item(source, "*", requests, errors, sent, slowest)
    print(f"{key}: {requests} requests from {len(hosts)} hosts on {len(paths)} paths, {unreadable} unreadable lines")
    return {"source": source, "paths": len(paths), "requests": requests, "errors": errors, "unreadable": unreadable}


def percentile(values, rank):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * rank // 100)] if ordered else 0


def put_item(source, path, requests, errors, sent, p95):
    call_json(
        "dynamodb",
        "DynamoDB_20120810.PutItem",
        {
            "TableName": TABLE,
            "Item": {
                "source": {"S": source},
                "path": {"S": path},
                "requests": {"N": str(requests)},
                "errors": {"N": str(errors)},
                "bytes": {"N": str(sent)},
                "p95Ms": {"N": str(p95)},
            },
        },
    )
