import type { Sample, SampleContext } from "./sample.ts";

const PARAMETERS = { method: "GET", uri: "/index.html" };

function request(context: SampleContext): object {
  return {
    clientIp: "192.0.2.1",
    headers: {
      host: [{ key: "Host", value: "d111111abcdef8.cloudfront.net" }],
      "user-agent": [{ key: "User-Agent", value: "Example/1.0" }],
    },
    method: context.value("method"),
    querystring: "",
    uri: context.value("uri"),
  };
}

const ORIGIN = {
  custom: {
    customHeaders: {},
    domainName: "example.org",
    keepaliveTimeout: 5,
    path: "",
    port: 443,
    protocol: "https",
    readTimeout: 30,
    sslProtocols: ["TLSv1.2"],
  },
};

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html */
function edge(eventType: string, summary: string): Sample {
  const [where, what] = eventType.split("-");
  return {
    source: "cloudfront",
    name: eventType,
    summary,
    parameters: PARAMETERS,
    event: (context) => {
      const asked = { ...request(context), ...(where === "origin" ? { origin: ORIGIN } : {}) };
      const response = {
        headers: { "content-type": [{ key: "Content-Type", value: "text/html" }] },
        status: "200",
        statusDescription: "OK",
      };
      return {
        Records: [
          {
            cf: {
              config: {
                distributionDomainName: "d111111abcdef8.cloudfront.net",
                distributionId: "EDFDVBD6EXAMPLE",
                eventType,
                requestId: context.hex(56),
              },
              request: asked,
              ...(what === "response" ? { response } : {}),
            },
          },
        ],
      };
    },
  };
}

export const CLOUDFRONT_SAMPLES: readonly Sample[] = [
  edge("viewer-request", "a viewer asks"),
  edge("origin-request", "CloudFront is about to ask the origin"),
  edge("origin-response", "the origin has answered"),
  edge("viewer-response", "CloudFront is about to answer the viewer"),
];
