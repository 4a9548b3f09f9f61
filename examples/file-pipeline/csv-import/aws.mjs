// Two signed AWS requests with nothing but Node.js; with the AWS SDK in the package this file is not needed.
import { createHash, createHmac } from "node:crypto";

export async function getObject(bucket, key) {
  const path = `/${bucket}/${key.split("/").map(encode).join("/")}`;
  return (await send("s3", "GET", path, {}, "")).text();
}

export async function batchWrite(table, items) {
  let requests = items.map((Item) => ({ PutRequest: { Item } }));
  while (requests.length > 0) {
    const answer = await send(
      "dynamodb",
      "POST",
      "/",
      { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.BatchWriteItem" },
      JSON.stringify({ RequestItems: { [table]: requests } }),
    );
    requests = (await answer.json()).UnprocessedItems?.[table] ?? [];
  }
}

/** RFC 3986, as signatures want it. */
function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function send(service, method, path, headers, body) {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_SESSION_TOKEN: token,
  } = process.env;
  const endpoint = process.env.AWS_ENDPOINT_URL ?? `https://${service}.${region}.amazonaws.com`;
  const now = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const signed = {
    ...headers,
    host: new URL(endpoint).host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": now,
    "x-amz-security-token": token,
  };
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join("");
  const request = [method, path, "", lines, names.join(";"), sha256(body)].join("\n");
  const scope = `${now.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = scope
    .split("/")
    .reduce((k, part) => createHmac("sha256", k).update(part).digest(), `AWS4${secret}`);
  const signature = createHmac("sha256", key)
    .update(["AWS4-HMAC-SHA256", now, scope, sha256(request)].join("\n"))
    .digest("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const { host: _, ...rest } = signed;
  const answer = await fetch(endpoint + path, {
    method,
    headers: { ...rest, authorization },
    body: body || undefined,
  });
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}
