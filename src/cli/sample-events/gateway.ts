import { gatewayTime, type Sample, type SampleContext } from "./sample.ts";

const REQUEST = {
  method: "POST",
  path: "/orders/42",
  body: `{"example":"value"}`,
  api: "abcdef1234",
  stage: "prod",
};
const { body: _body, ...ASKED } = REQUEST;
const AGENT = "Example/1.0";
const IP = "192.0.2.1";

function domainOf(context: SampleContext): string {
  return `${context.value("api")}.execute-api.${context.region}.amazonaws.com`;
}

function methodArn(context: SampleContext, path: string): string {
  return context.arn("execute-api", `${context.value("api")}/${context.value("stage")}/${path}`);
}

function headersV1(context: SampleContext): Record<string, string> {
  return {
    Accept: "*/*",
    "Content-Type": "application/json",
    Host: domainOf(context),
    "User-Agent": AGENT,
    "X-Amzn-Trace-Id": `Root=1-${Math.floor(context.now.getTime() / 1_000).toString(16)}-${context.hex(24)}`,
    "X-Forwarded-For": IP,
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
  };
}

const lists = (map: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, [value]]));

const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  sourceIp: IP,
  user: null,
  userAgent: AGENT,
  userArn: null,
};

/** The members that requests of REST APIs, and of HTTP APIs with payload 1.0, have in common. */
function payloadV1(context: SampleContext): Record<string, unknown> {
  const headers = headersV1(context);
  const method = context.value("method");
  const path = context.value("path");
  const stage = context.value("stage");
  return {
    resource: "/{proxy+}",
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: lists(headers),
    queryStringParameters: { page: "1" },
    multiValueQueryStringParameters: { page: ["1"] },
    pathParameters: { proxy: path.replace(/^\//, "") },
    stageVariables: null,
    requestContext: {
      accountId: context.account,
      apiId: context.value("api"),
      deploymentId: "exampl",
      domainName: domainOf(context),
      domainPrefix: context.value("api"),
      extendedRequestId: "EXAMPLEabcdefg=",
      httpMethod: method,
      identity: NO_IDENTITY,
      path: `/${stage}${path}`,
      protocol: "HTTP/1.1",
      requestId: context.uuid(),
      requestTime: gatewayTime(context.now),
      requestTimeEpoch: context.now.getTime(),
      resourceId: "examp1",
      resourcePath: "/{proxy+}",
      stage,
    },
    body: context.value("body") || null,
    isBase64Encoded: false,
  };
}

interface HttpFacts {
  readonly routeKey: string;
  readonly stage: string;
  readonly account: string;
  readonly domain: string;
}

function payloadV2(context: SampleContext, { routeKey, stage, account, domain }: HttpFacts) {
  const path = context.value("path");
  const rawPath = stage === "$default" ? path : `/${stage}${path}`;
  const method = context.value("method");
  const [domainPrefix = ""] = domain.split(".");
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: "page=1",
    cookies: ["session=example"],
    headers: {
      accept: "*/*",
      "content-type": "application/json",
      host: domain,
      "user-agent": AGENT,
      "x-amzn-trace-id": `Root=1-${Math.floor(context.now.getTime() / 1_000).toString(16)}-${context.hex(24)}`,
      "x-forwarded-for": IP,
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    queryStringParameters: { page: "1" },
    requestContext: {
      accountId: account,
      apiId: domainPrefix,
      domainName: domain,
      domainPrefix,
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: IP, userAgent: AGENT },
      requestId: "EXAMPLEabcdefg=",
      routeKey,
      stage,
      time: gatewayTime(context.now),
      timeEpoch: context.now.getTime(),
    },
  };
}

function httpApi(context: SampleContext) {
  return payloadV2(context, {
    routeKey: `${context.value("method")} /{proxy+}`,
    stage: context.value("stage"),
    account: context.account,
    domain: domainOf(context),
  });
}

function withBody(context: SampleContext): object {
  return context.value("body") === "" ? {} : { body: context.value("body") };
}

const SOCKET = { api: "abcdef1234", stage: "prod" };

function socket(
  name: string,
  summary: string,
  routeKey: string,
  rest: (context: SampleContext) => object,
  parameters: Readonly<Record<string, string>> = SOCKET,
): Sample {
  return {
    source: "apigateway",
    name,
    summary,
    parameters,
    event: (context) => {
      const { requestContext, ...members } = rest(context) as { requestContext?: object };
      return {
        ...members,
        requestContext: {
          routeKey,
          ...requestContext,
          extendedRequestId: "EXAMPLEabcdefg=",
          requestTime: gatewayTime(context.now),
          messageDirection: "IN",
          stage: context.value("stage"),
          connectedAt: context.now.getTime() - 1_000,
          requestTimeEpoch: context.now.getTime(),
          identity: { userAgent: AGENT, sourceIp: IP },
          requestId: "EXAMPLEabcdefg=",
          domainName: domainOf(context),
          connectionId: "EXAMPLEabcdefgh=",
          apiId: context.value("api"),
        },
        isBase64Encoded: false,
      };
    },
  };
}

const TARGET_GROUP = "targetgroup/example/0123456789abcdef";

function loadBalancer(name: string, summary: string, multiValue: boolean): Sample {
  return {
    source: "alb",
    name,
    summary,
    parameters: { method: "POST", path: "/orders/42", body: `{"example":"value"}` },
    event: (context) => {
      const headers = {
        accept: "*/*",
        "content-type": "application/json",
        host: `example.${context.region}.elb.amazonaws.com`,
        "user-agent": AGENT,
        "x-amzn-trace-id": `Root=1-${Math.floor(context.now.getTime() / 1_000).toString(16)}-${context.hex(24)}`,
        "x-forwarded-for": IP,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
      };
      const query = { page: "1" };
      return {
        requestContext: { elb: { targetGroupArn: context.arn("elasticloadbalancing", TARGET_GROUP) } },
        httpMethod: context.value("method"),
        path: context.value("path"),
        ...(multiValue
          ? { multiValueQueryStringParameters: lists(query), multiValueHeaders: lists(headers) }
          : { queryStringParameters: query, headers }),
        body: context.value("body"),
        isBase64Encoded: false,
      };
    },
  };
}

function functionUrl(name: string, summary: string, signed: boolean): Sample {
  return {
    source: "function-url",
    name,
    summary,
    parameters: {
      method: "POST",
      path: "/orders/42",
      body: `{"example":"value"}`,
      id: "abcdefghijklmnopqrstuvwxyz012345",
    },
    event: (context) => {
      const domain = `${context.value("id")}.lambda-url.${context.region}.on.aws`;
      const account = signed ? context.account : "anonymous";
      const event = payloadV2(context, { routeKey: "$default", stage: "$default", account, domain });
      const iam = {
        accessKey: "AKIAEXAMPLE",
        accountId: context.account,
        callerId: "AIDAEXAMPLE",
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: `arn:aws:iam::${context.account}:user/example`,
        userId: "AIDAEXAMPLE",
      };
      return {
        ...event,
        requestContext: { ...event.requestContext, ...(signed ? { authorizer: { iam } } : {}) },
        ...withBody(context),
        isBase64Encoded: false,
      };
    },
  };
}

export const GATEWAY_SAMPLES: readonly Sample[] = [
  {
    source: "apigateway",
    name: "rest",
    summary: "a request of a REST API, proxy integration",
    parameters: REQUEST,
    event: payloadV1,
  },
  {
    source: "apigateway",
    name: "http",
    summary: "a request of an HTTP API, payload 2.0",
    parameters: { ...REQUEST, stage: "$default" },
    event: (context) => ({
      ...httpApi(context),
      ...withBody(context),
      pathParameters: { proxy: context.value("path").replace(/^\//, "") },
      isBase64Encoded: false,
    }),
  },
  {
    source: "apigateway",
    name: "http-v1",
    summary: "a request of an HTTP API, payload 1.0",
    parameters: { ...REQUEST, stage: "$default" },
    event: (context) => ({ version: "1.0", ...payloadV1(context) }),
  },
  socket("connect", "a WebSocket connects", "$connect", (context) => {
    const headers = headersV1(context);
    return {
      headers,
      multiValueHeaders: lists(headers),
      requestContext: { eventType: "CONNECT" },
    };
  }),
  socket(
    "message",
    "a message of a WebSocket",
    "$default",
    (context) => ({
      requestContext: { messageId: "EXAMPLEabcdefgh=", eventType: "MESSAGE" },
      body: context.value("body"),
    }),
    { ...SOCKET, body: `{"action":"say","text":"Hello"}` },
  ),
  socket("disconnect", "a WebSocket is gone", "$disconnect", (context) => ({
    headers: { Host: domainOf(context), "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" },
    requestContext: { eventType: "DISCONNECT", disconnectStatusCode: 1001, disconnectReason: "" },
  })),
  {
    source: "apigateway",
    name: "authorizer-token",
    summary: "what a TOKEN authorizer is asked",
    parameters: { api: "abcdef1234", stage: "prod", token: "allow" },
    event: (context) => ({
      type: "TOKEN",
      authorizationToken: context.value("token"),
      methodArn: methodArn(context, "GET/orders"),
    }),
  },
  {
    source: "apigateway",
    name: "authorizer-request",
    summary: "what a REQUEST authorizer of a REST API is asked",
    parameters: ASKED,
    event: (context) => {
      const { body: _body, isBase64Encoded: _encoded, ...request } = payloadV1(context);
      const path = `${context.value("method")}${context.value("path")}`;
      return { type: "REQUEST", methodArn: methodArn(context, path), ...request, stageVariables: {} };
    },
  },
  {
    source: "apigateway",
    name: "authorizer-http",
    summary: "what an authorizer of an HTTP API is asked, payload 2.0",
    parameters: { ...ASKED, stage: "$default", token: "allow" },
    event: (context) => {
      const { version, ...request } = httpApi(context);
      return {
        version,
        type: "REQUEST",
        routeArn: methodArn(context, `${context.value("method")}/{proxy+}`),
        identitySource: [context.value("token")],
        ...request,
        headers: { ...request.headers, authorization: context.value("token") },
        pathParameters: { proxy: context.value("path").replace(/^\//, "") },
      };
    },
  },
  loadBalancer("request", "a request of an Application Load Balancer", false),
  loadBalancer("multi-value", "the same with multi-value headers", true),
  functionUrl("request", "a request of a function URL that is open to all", false),
  functionUrl("iam", "a signed request of a function URL", true),
];
