import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { ServiceError } from "../../src/base/index.ts";
import { type EchoDoor, openEchoDoor } from "./kit/echo-door.ts";
import { call } from "./kit/signed.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let echo: EchoDoor;
before(async () => {
  echo = await openEchoDoor();
});
after(() => echo.close());

const fail =
  (code: string, status: number, message: string, members = {}, headers = {}) =>
  () => {
    throw new ServiceError({ code, status, message, members, headers });
  };

describe("restJson1", () => {
  const lambda = (line: string, headers = {}, body = "") => call(echo.port, "lambda", line, headers, body);

  it("decodes labels, queries, headers and body, and writes what is there", async () => {
    echo.answer("PublishVersion", () => ({
      FunctionName: "f",
      CodeSize: 3,
      VpcConfig: undefined,
      Layers: [{ Arn: "a", CodeSize: 1, unknown: 1 }],
      Environment: { Variables: { AB: "c", ["__proto__"]: "d" } },
      unknown: true,
    }));
    const asked = Date.now();
    const answer = await lambda(
      "POST /2015-03-31/functions/f/versions",
      {},
      '{"Description":"d","Unknown":[{}],"RevisionId":null}',
    );
    assert.deepEqual(echo.last().input, { FunctionName: "f", Description: "d" });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.match(answer.headers["x-amzn-requestid"] ?? "", UUID);
    const date = Date.parse(answer.headers["date"] ?? "");
    assert.ok(date > asked - 1_000 && date <= Date.now(), "a time of whole seconds");
    assert.equal(
      answer.body,
      '{"FunctionName":"f","CodeSize":3,"Environment":{"Variables":{"AB":"c","__proto__":"d"}},"Layers":[{"Arn":"a","CodeSize":1}]}',
    );
  });

  it("keeps members called __proto__ as members", async () => {
    echo.answer("TagResource", () => undefined);
    const resource = encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f");
    const answer = await lambda(
      `POST /2017-03-31/tags/${resource}`,
      {},
      '{"Tags":{"__proto__":"x","a":"y"}}',
    );
    assert.equal(answer.status, 204, answer.body);
    const tags = echo.last().input["Tags"] as object;
    assert.deepEqual(Object.keys(tags), ["__proto__", "a"]);
    assert.equal(Object.getPrototypeOf(tags), Object.prototype);
    assert.equal(answer.headers["content-length"], undefined);
    assert.equal(answer.headers["content-type"], undefined);
  });

  it("repeats lists in queries and reads booleans and numbers", async () => {
    echo.answer("UntagResource", () => undefined);
    const resource = encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f");
    await lambda(`DELETE /2017-03-31/tags/${resource}?tagKeys=a&tagKeys=b%20c`);
    assert.deepEqual(echo.last().input["TagKeys"], ["a", "b c"]);
    echo.answer("ListFunctions", () => ({ Functions: [] }));
    const answer = await lambda("GET /2015-03-31/functions?MaxItems=5&Marker=x%3D");
    assert.deepEqual(echo.last().input, { MaxItems: 5, Marker: "x=" });
    assert.equal(answer.body, '{"Functions":[]}');
  });

  it("carries an event and its answer as they are", async () => {
    echo.answer("Invoke", (input: { Payload: Uint8Array }) => ({
      StatusCode: 200,
      Payload: input.Payload,
      ExecutedVersion: "$LATEST",
      LogResult: "bG9n",
      FunctionError: "Unhandled",
    }));
    const event = '{"a" :  [1, "\u00fc"]}';
    const answer = await lambda(
      "POST /2015-03-31/functions/f/invocations",
      { "X-Amz-Log-Type": "Tail" },
      event,
    );
    assert.equal(Buffer.from(answer.body, "latin1").toString("utf8"), event);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.equal(answer.headers["x-amz-executed-version"], "$LATEST");
    assert.equal(answer.headers["x-amz-log-result"], "bG9n");
    assert.equal(answer.headers["x-amz-function-error"], "Unhandled");
    assert.equal(echo.last().input["LogType"], "Tail");
  });

  it("takes the status from the output", async () => {
    echo.answer("Invoke", () => ({ StatusCode: 202 }));
    const accepted = await lambda(
      "POST /2015-03-31/functions/f/invocations",
      { "X-Amz-Invocation-Type": "Event" },
      "{}",
    );
    assert.equal(accepted.status, 202);
    assert.equal(accepted.body, "");
    assert.equal(accepted.headers["content-length"], "0");
    echo.answer("Invoke", () => ({ StatusCode: 204 }));
    const dry = await lambda("POST /2015-03-31/functions/f/invocations", {
      "X-Amz-Invocation-Type": "DryRun",
    });
    assert.equal(dry.status, 204);
    assert.equal(dry.headers["content-length"], undefined);
  });

  it("writes errors with the key that their shape has", async () => {
    for (const [error, status, body, headers] of [
      [fail("ResourceNotFoundException", 404, "m"), 404, { Type: "User", Message: "m" }, {}],
      [fail("InvalidParameterValueException", 400, "m"), 400, { Type: "User", message: "m" }, {}],
      [fail("ServiceException", 500, "m"), 500, { Type: "Service", Message: "m" }, {}],
      [fail("ValidationException", 400, "m"), 400, { message: "m" }, {}],
      [fail("AccessDeniedException", 403, "m"), 403, { Message: "m" }, {}],
      [fail("AccessDeniedException", 403, "m", { Message: null }), 403, { Message: null }, {}],
      [
        fail("TooManyRequestsException", 429, "Rate exceeded", {
          Reason: "CallerRateLimitExceeded",
          retryAfterSeconds: "1",
        }),
        429,
        { Type: "User", message: "Rate exceeded", Reason: "CallerRateLimitExceeded" },
        { "retry-after": "1" },
      ],
      [
        fail("ServiceException", 500, "m", {}, { "X-Extra": "1" }),
        500,
        { Type: "Service", Message: "m" },
        { "x-extra": "1" },
      ],
    ] as const) {
      echo.answer("GetFunction", error);
      const answer = await lambda("GET /2015-03-31/functions/f");
      assert.equal(answer.status, status);
      assert.deepEqual(JSON.parse(answer.body), body);
      for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value);
      assert.match(answer.headers["x-amzn-errortype"] ?? "", /^\w+Exception$/);
      assert.match(answer.headers["x-amzn-requestid"] ?? "", UUID);
    }
  });

  it("hides what a handler did not mean to say", async () => {
    echo.answer("GetFunction", () => {
      throw new TypeError("secret detail");
    });
    const answer = await lambda("GET /2015-03-31/functions/f");
    assert.equal(answer.status, 500);
    assert.deepEqual(JSON.parse(answer.body), {
      Type: "Service",
      Message: "An error occurred and the request cannot be processed.",
    });
  });

  it("refuses what is no JSON, or of another type", async () => {
    echo.answer("CreateAlias", () => ({}));
    for (const [body, message] of [
      ["{", /parse/],
      ["[]", /collection/],
      ['"x"', /STRING_VALUE cannot be converted to Map/],
      ['{"Name":1}', /NUMBER_VALUE cannot be converted to String/],
      ['{"Name":true}', /TRUE_VALUE cannot be converted to String/],
      ['{"Name":{}}', /Start of structure or map found where not expected/],
      ['{"RoutingConfig":[]}', /collection/],
      [
        '{"RoutingConfig":{"AdditionalVersionWeights":{"1":"x"}}}',
        /STRING_VALUE cannot be converted to Number/,
      ],
    ] as const) {
      const answer = await lambda("POST /2015-03-31/functions/f/aliases", {}, body);
      assert.equal(answer.status, 400, body);
      assert.equal(answer.headers["x-amzn-errortype"], "SerializationException");
      assert.match((JSON.parse(answer.body) as { message: string }).message, message);
    }
    echo.answer("UpdateFunctionCode", () => ({}));
    const answer = await lambda("PUT /2015-03-31/functions/f/code", {}, '{"ZipFile":"not base64!"}');
    assert.match(answer.body, /Base64/);
  });

  it("names an operation that is known and absent", async () => {
    const answer = await lambda("GET /2016-08-19/account-settings");
    assert.equal(answer.status, 501);
    assert.equal(answer.headers["x-amzn-errortype"], "NotImplemented");
    assert.match(answer.body, /operation GetAccountSettings of lambda/);
  });
});

describe("awsJson", () => {
  const dynamodb = (operation: string, body: string) =>
    call(echo.port, "dynamodb", "POST /", { "X-Amz-Target": `DynamoDB_20120810.${operation}` }, body);
  const logs = (operation: string, body: string) =>
    call(echo.port, "logs", "POST /", { "X-Amz-Target": `Logs_20140328.${operation}` }, body);

  it("1.0 leaves plain bodies as they are", async () => {
    echo.answer("PutItem", (input) => ({ Attributes: input.Item }));
    const item = '{"a":{"S":"x"},"b":{"B":"eA=="},"c":{"L":[{"N":"1"},{"M":{}}]}}';
    const answer = await dynamodb("PutItem", `{"TableName":"tbl","Item":${item},"Unknown":1}`);
    assert.equal(answer.headers["content-type"], "application/x-amz-json-1.0");
    assert.equal(answer.body, `{"Attributes":${item}}`);
    assert.equal(answer.headers["x-amz-crc32"], String(crc32(answer.body)));
    assert.match(answer.headers["x-amzn-requestid"] ?? "", UUID);
  });

  it("1.0 checks types all the same", async () => {
    echo.answer("PutItem", () => ({}));
    for (const [body, message] of [
      ['{"TableName":1}', "NUMBER_VALUE cannot be converted to String"],
      ['{"TableName":1.5}', "DECIMAL_VALUE cannot be converted to String"],
      ['{"Item":{"a":{"S":5}}}', "NUMBER_VALUE cannot be converted to String"],
      ['{"Item":{"a":{"BOOL":"x"}}}', "STRING_VALUE cannot be converted to Boolean"],
      ['{"Item":"x"}', "STRING_VALUE cannot be converted to Map"],
    ]) {
      const answer = await dynamodb("PutItem", body as string);
      assert.equal(answer.status, 400);
      assert.deepEqual(JSON.parse(answer.body), {
        __type: "com.amazon.coral.service#SerializationException",
        message,
      });
    }
  });

  it("1.0 refuses values that are nested without end", async () => {
    const deep = `${'{"L":['.repeat(100_000)}${"]}".repeat(100_000)}`;
    const answer = await dynamodb("PutItem", `{"TableName":"tbl","Item":{"a":${deep}}}`);
    assert.equal(answer.status, 400);
    assert.match(answer.body, /#SerializationException"/);
  });

  it("1.1 decodes by the schema", async () => {
    echo.answer("DescribeLogGroups", () => ({
      logGroups: [{ logGroupName: "g", creationTime: 1, extra: 2 }],
    }));
    const answer = await logs("DescribeLogGroups", '{"limit":1.9,"logGroupNamePrefix":"g"}');
    assert.deepEqual(echo.last().input, { limit: 1, logGroupNamePrefix: "g" });
    assert.equal(answer.headers["content-type"], "application/x-amz-json-1.1");
    assert.equal(answer.body, '{"logGroups":[{"logGroupName":"g","creationTime":1}]}');
    echo.answer("DeleteLogGroup", () => undefined);
    const empty = await logs("DeleteLogGroup", '{"logGroupName":"g"}');
    assert.equal(empty.status, 200);
    assert.equal(empty.body, "");
  });

  it("names errors the way each service does", async () => {
    echo.answer("GetItem", fail("ResourceNotFoundException", 400, "Requested resource not found"));
    const missing = await dynamodb("GetItem", '{"TableName":"tbl","Key":{}}');
    assert.deepEqual(JSON.parse(missing.body), {
      __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
      message: "Requested resource not found",
    });
    echo.answer("PutLogEvents", fail("ResourceNotFoundException", 400, "m"));
    const stream = await logs(
      "PutLogEvents",
      '{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1,"message":"m"}]}',
    );
    assert.deepEqual(JSON.parse(stream.body), { __type: "ResourceNotFoundException", message: "m" });
    const items = { CancellationReasons: [{ Code: "ConditionalCheckFailed", Item: { a: { S: "x" } } }] };
    echo.answer("TransactWriteItems", fail("TransactionCanceledException", 400, "m", items));
    const cancelled = await dynamodb("TransactWriteItems", '{"TransactItems":[{}]}');
    assert.deepEqual(JSON.parse(cancelled.body), {
      __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
      Message: "m",
      ...items,
    });
  });

  it("does not know operations that there are not", async () => {
    for (const target of [
      "DynamoDB_20120810.Nothing",
      "DynamoDB_20120810.constructor",
      "Other.GetItem",
      "x",
    ]) {
      const answer = await call(echo.port, "dynamodb", "POST /", { "X-Amz-Target": target }, "{}");
      assert.equal(answer.status, 400);
      assert.deepEqual(JSON.parse(answer.body), {
        __type: "com.amazon.coral.service#UnknownOperationException",
      });
    }
  });
});

describe("awsQuery", () => {
  const iam = (body: string) =>
    call(
      echo.port,
      "iam",
      "POST /",
      { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" },
      body,
    );

  it("decodes structures and lists, and wraps the result", async () => {
    echo.answer("CreateRole", () => ({
      Role: {
        Path: "/",
        RoleName: "r<&>",
        RoleId: "id",
        Arn: "a",
        CreateDate: new Date(0),
        Tags: [{ Key: "k", Value: "v" }],
      },
    }));
    const answer = await iam(
      "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%22a%22%3A+%22%C3%BC%22%7D&Tags.member.2.Key=b&Tags.member.2.Value=2&Tags.member.10.Key=c&Tags.member.10.Value=&Tags.member.1.Key=a&Tags.member.1.Value=1&MaxSessionDuration=3600",
    );
    assert.deepEqual(echo.last().input, {
      RoleName: "r",
      AssumeRolePolicyDocument: '{"a": "ü"}',
      Tags: [
        { Key: "a", Value: "1" },
        { Key: "b", Value: "2" },
        { Key: "c", Value: "" },
      ],
      MaxSessionDuration: 3600,
    });
    const requestId = answer.headers["x-amzn-requestid"] as string;
    assert.equal(answer.headers["content-type"], "text/xml");
    assert.equal(
      answer.body,
      `<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role><Path>/</Path><RoleName>r&lt;&amp;&gt;</RoleName><RoleId>id</RoleId><Arn>a</Arn><CreateDate>1970-01-01T00:00:00Z</CreateDate><Tags><member><Key>k</Key><Value>v</Value></member></Tags></Role></CreateRoleResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></CreateRoleResponse>`,
    );
  });

  it("takes parameters from the address too, and answers without a result", async () => {
    echo.answer("DeleteRole", () => undefined);
    const answer = await call(echo.port, "iam", "GET /?Action=DeleteRole&Version=2010-05-08&RoleName=r");
    assert.equal(answer.status, 200);
    assert.deepEqual(echo.last().input, { RoleName: "r" });
    assert.match(answer.body, /^<DeleteRoleResponse xmlns="[^"]+"><ResponseMetadata><RequestId>/);
  });

  it("writes errors with the code of the wire", async () => {
    for (const code of ["NoSuchEntity", "NoSuchEntityException"]) {
      echo.answer("GetRole", fail(code, 404, "The role <x> cannot be found."));
      const answer = await iam("Action=GetRole&Version=2010-05-08&RoleName=x");
      assert.equal(answer.status, 404);
      assert.equal(
        answer.body,
        `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role &lt;x&gt; cannot be found.</Message></Error><RequestId>${answer.headers["x-amzn-requestid"]}</RequestId></ErrorResponse>`,
      );
    }
  });

  it("refuses unknown actions and odd parameters", async () => {
    const unknown = await iam("Action=Nothing&Version=2010-05-08");
    assert.equal(unknown.status, 400);
    assert.match(
      unknown.body,
      /<Code>InvalidAction<\/Code><Message>Could not find operation Nothing for version 2010-05-08</,
    );
    assert.match((await iam("Version=2010-05-08")).body, /<Code>MissingAction</);
    echo.answer("ListRoles", () => ({ Roles: [] }));
    assert.match((await iam("Action=ListRoles&MaxItems=abc")).body, /<Code>MalformedInput</);
    echo.answer("TagRole", () => ({}));
    assert.match((await iam("Action=TagRole&RoleName=r&Tags.member.x.Key=a")).body, /<Code>MalformedInput</);
    assert.match(
      (await iam(`Action=TagRole&RoleName=r&${"Tags.".repeat(40)}=1`)).body,
      /<Code>MalformedInput</,
    );
    const many = Array.from({ length: 10_001 }, (_, i) => `x${i}=`).join("&");
    assert.match((await iam(`Action=TagRole&${many}`)).body, /<Code>MalformedInput</);
  });
});

describe("restXml", () => {
  const s3 = (line: string, headers = {}, body = "") => call(echo.port, "s3", line, headers, body);

  it("writes XML with S3's namespace and names", async () => {
    echo.answer("ListObjectsV2", () => ({
      Name: "b",
      Prefix: "",
      KeyCount: 1,
      MaxKeys: 1000,
      IsTruncated: false,
      Contents: [{ Key: "a&<b>\r\n\u0001", LastModified: new Date(0), ETag: '"e"', Size: 5 }],
      CommonPrefixes: [{ Prefix: "x/" }, { Prefix: "y/" }],
    }));
    const answer = await s3("GET /b?list-type=2&delimiter=%2F&max-keys=10&fetch-owner=true");
    assert.deepEqual(echo.last().input, { Bucket: "b", Delimiter: "/", MaxKeys: 10, FetchOwner: true });
    assert.equal(answer.headers["content-type"], "application/xml");
    assert.match(answer.headers["x-amz-request-id"] ?? "", /^[0-9A-F]{16}$/);
    assert.equal(Buffer.from(answer.headers["x-amz-id-2"] ?? "", "base64").length, 57);
    assert.equal(
      answer.body,
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated><Contents><Key>a&amp;&lt;b&gt;&#13;\n\u00ef\u00bf\u00bd</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size></Contents><Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>y/</Prefix></CommonPrefixes><KeyCount>1</KeyCount></ListBucketResult>',
    );
  });

  it("writes a payload's own root, and a bare location", async () => {
    echo.answer("CopyObject", () => ({
      CopyObjectResult: { ETag: "e", LastModified: new Date(0) },
      VersionId: "v",
    }));
    const copy = await s3("PUT /b/k", { "x-amz-copy-source": "/c/d" });
    assert.equal(copy.headers["x-amz-version-id"], "v");
    assert.match(copy.body, /<CopyObjectResult xmlns="[^"]+"><ETag>e<\/ETag>/);
    for (const [LocationConstraint, root] of [
      ["eu-west-1", ">eu-west-1</LocationConstraint>"],
      [undefined, "/>"],
    ] as const) {
      echo.answer("GetBucketLocation", () => ({ LocationConstraint }));
      const location = await s3("GET /b?location");
      assert.ok(
        location.body.endsWith(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"${root}`),
      );
    }
    echo.answer("GetBucketAcl", () => ({
      Owner: { ID: "o" },
      Grants: [{ Grantee: { Type: "CanonicalUser", ID: "o" }, Permission: "FULL_CONTROL" }],
    }));
    const acl = await s3("GET /b?acl");
    assert.match(
      acl.body,
      /<Grantee xmlns:xsi="http:\/\/www.w3.org\/2001\/XMLSchema-instance" xsi:type="CanonicalUser">/,
    );
  });

  it("streams objects with their length, headers and metadata", async () => {
    echo.answer("GetObject", () => ({
      Body: Readable.from([Buffer.from("abc"), Buffer.from("def")]),
      ContentLength: 6,
      ContentType: "text/plain",
      ContentRange: "bytes 0-5/10",
      ETag: '"e"',
      LastModified: new Date(0),
      Metadata: { "my-key": "v", other: "\u00fc\u20ac" },
      ContentDisposition: "a\r\nX-Injected: 1",
    }));
    const answer = await s3("GET /b/k", {
      Range: "bytes=0-5",
      "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT",
    });
    assert.deepEqual(echo.last().input["IfModifiedSince"], new Date("2026-01-01T00:00:00Z"));
    assert.equal(answer.body, "abcdef");
    assert.equal(answer.headers["content-length"], "6");
    assert.equal(answer.headers["last-modified"], "Thu, 01 Jan 1970 00:00:00 GMT");
    assert.equal(answer.headers["x-amz-meta-my-key"], "v");
    assert.equal(
      Buffer.from(answer.headers["x-amz-meta-other"] as string, "latin1").toString(),
      "\u00fc\u20ac",
    );
    assert.equal(answer.headers["x-injected"], undefined);
  });

  it("writes errors, without a body where there can be none", async () => {
    const noSuchKey = fail("NoSuchKey", 404, "The specified key does not exist.", { Key: "a<b" });
    echo.answer("GetObject", noSuchKey);
    const answer = await s3("GET /b/a%3Cb");
    assert.equal(answer.status, 404);
    assert.equal(
      answer.body,
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&lt;b</Key><Resource>/b/a%3Cb</Resource><RequestId>${answer.headers["x-amz-request-id"]}</RequestId><HostId>${answer.headers["x-amz-id-2"]}</HostId></Error>`,
    );
    echo.answer("GetObject", fail("NotModified", 304, "", {}, { ETag: '"e"' }));
    const same = await s3("GET /b/k");
    assert.equal(same.status, 304);
    assert.equal(same.body, "");
    assert.equal(same.headers["etag"], '"e"');
    assert.match(
      (await s3("GET /b?list-type=2&max-keys=x")).body,
      /<Code>InvalidArgument<.*<ArgumentName>max-keys</,
    );
  });

  it("answers HEAD without a body, and with the length", async () => {
    echo.answer("HeadObject", () => ({ ContentLength: 1234, ETag: '"e"' }));
    const answer = await fetch(`${echo.endpoint}/b/k`, { method: "HEAD" });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-length"), "1234");
    echo.answer("HeadObject", fail("NoSuchKey", 404, "m"));
    assert.equal((await fetch(`${echo.endpoint}/b/k`, { method: "HEAD" })).status, 404);
  });
});

describe("what a handler gets", () => {
  beforeEach(() => echo.answer("GetFunction", () => ({})));

  it("is the request's context", async () => {
    echo.answer("GetFunction", (_, context) => {
      context.setHeader("X-Trace", "1");
      return {};
    });
    const answer = await call(echo.port, "lambda", "GET /2015-03-31/functions/f", { "X-Twice": "a" });
    const { context } = echo.last();
    assert.equal(context.requestId, answer.headers["x-amzn-requestid"]);
    assert.equal(context.service, "lambda");
    assert.equal(context.operation, "GetFunction");
    assert.equal(context.region, "us-east-1");
    assert.equal(context.account, "000000000000");
    assert.equal(context.sourceIp, "127.0.0.1");
    assert.equal(context.endpoint, "http://localhost");
    assert.equal(context.headers["x-twice"], "a");
    assert.equal(context.environmentId, undefined);
    assert.equal(answer.headers["x-trace"], "1");
  });

  it("tells when the caller is gone", async () => {
    const abort = new AbortController();
    const gone = new Promise<void>((resolve) => {
      echo.answer("GetFunction", (_, context) => {
        context.signal.addEventListener("abort", () => resolve());
        abort.abort();
        return new Promise(() => undefined);
      });
    });
    const headers = {
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/r/lambda/aws4_request,SignedHeaders=host,Signature=0",
    };
    await assert.rejects(fetch(`${echo.endpoint}/2015-03-31/functions/f`, { headers, signal: abort.signal }));
    await gone;
  });
});
