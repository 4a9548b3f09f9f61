"""Two signed AWS requests with nothing but the standard library; with boto3 in the package this file is not needed."""

import hashlib
import hmac
import json
import os
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen


def get_object(bucket, key):
    return _send("s3", "GET", f"/{bucket}/{quote(key)}", {}, b"")


def call_json(service, target, document):
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
    return json.loads(_send(service, "POST", "/", headers, json.dumps(document).encode()))


def _send(service, method, path, headers, body):
    region = os.environ["AWS_REGION"]
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{region}.amazonaws.com"
    url = urlsplit(endpoint)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    signed = dict(headers)
    signed["host"] = url.netloc
    signed["x-amz-date"] = now
    signed["x-amz-content-sha256"] = digest
    signed["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join([method, path, "", lines, names, digest])
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    with urlopen(Request(endpoint + path, data=body or None, headers=signed, method=method)) as answer:
        return answer.read()
