import type { Sample } from "./sample.ts";

export const CONVERSATION_SAMPLES: readonly Sample[] = [
  {
    source: "lex",
    name: "v2",
    summary: "an intent of Lex V2 is to be fulfilled",
    parameters: { intent: "OrderFlowers", text: "I would like roses" },
    event: (context) => {
      const intent = {
        name: context.value("intent"),
        slots: {
          FlowerType: {
            shape: "Scalar",
            value: { originalValue: "roses", resolvedValues: ["roses"], interpretedValue: "roses" },
          },
        },
        state: "ReadyForFulfillment",
        confirmationState: "None",
      };
      return {
        messageVersion: "1.0",
        invocationSource: "FulfillmentCodeHook",
        inputMode: "Text",
        responseContentType: "text/plain; charset=utf-8",
        sessionId: context.uuid(),
        inputTranscript: context.value("text"),
        bot: {
          id: "EXAMPLE001",
          name: "ExampleBot",
          aliasId: "TSTALIASID",
          aliasName: "TestBotAlias",
          localeId: "en_US",
          version: "DRAFT",
        },
        interpretations: [{ nluConfidence: 0.95, interpretationSource: "Lex", intent }],
        proposedNextState: null,
        requestAttributes: {},
        sessionState: {
          activeContexts: [],
          sessionAttributes: {},
          runtimeHints: { slotHints: {} },
          intent,
          originatingRequestId: context.uuid(),
        },
        transcriptions: [],
      };
    },
  },
  {
    source: "lex",
    name: "v1",
    summary: "an intent of Lex V1 is to be fulfilled",
    parameters: { intent: "OrderFlowers", text: "I would like roses" },
    event: (context) => ({
      messageVersion: "1.0",
      invocationSource: "FulfillmentCodeHook",
      userId: "example-user",
      sessionAttributes: {},
      requestAttributes: null,
      bot: { name: "ExampleBot", alias: "$LATEST", version: "$LATEST" },
      outputDialogMode: "Text",
      currentIntent: {
        name: context.value("intent"),
        slots: { FlowerType: "roses" },
        slotDetails: { FlowerType: { resolutions: [{ value: "roses" }], originalValue: "roses" } },
        confirmationStatus: "None",
      },
      inputTranscript: context.value("text"),
    }),
  },
  {
    source: "connect",
    name: "contact-flow",
    summary: "a contact flow of Amazon Connect asks",
    parameters: { number: "+15550100" },
    event: (context) => {
      const id = context.uuid();
      return {
        Name: "ContactFlowEvent",
        Details: {
          ContactData: {
            Attributes: {},
            Channel: "VOICE",
            ContactId: id,
            CustomerEndpoint: { Address: context.value("number"), Type: "TELEPHONE_NUMBER" },
            InitialContactId: id,
            InitiationMethod: "INBOUND",
            InstanceARN: context.arn("connect", `instance/${context.uuid()}`),
            MediaStreams: { Customer: { Audio: null } },
            PreviousContactId: id,
            Queue: null,
            SystemEndpoint: { Address: "+15550199", Type: "TELEPHONE_NUMBER" },
          },
          Parameters: { example: "value" },
        },
      };
    },
  },
  {
    source: "alexa",
    name: "launch",
    summary: "a skill is opened",
    event: (context) => {
      const application = { applicationId: `amzn1.ask.skill.${context.uuid()}` };
      const user = { userId: "amzn1.ask.account.EXAMPLE" };
      return {
        version: "1.0",
        session: {
          new: true,
          sessionId: `amzn1.echo-api.session.${context.uuid()}`,
          application,
          attributes: {},
          user,
        },
        context: {
          System: {
            application,
            user,
            device: { supportedInterfaces: {} },
            apiEndpoint: "https://api.amazonalexa.com",
          },
        },
        request: {
          type: "LaunchRequest",
          requestId: `amzn1.echo-api.request.${context.uuid()}`,
          timestamp: `${context.now.toISOString().slice(0, 19)}Z`,
          locale: "en-US",
        },
      };
    },
  },
  {
    source: "appsync",
    name: "resolver",
    summary: "a direct resolver is asked for a field",
    parameters: { type: "Query", field: "getOrder", id: "42" },
    event: (context) => ({
      arguments: { id: context.value("id") },
      identity: { resolverContext: {} },
      source: null,
      request: { headers: { host: `example.appsync-api.${context.region}.amazonaws.com` }, domainName: null },
      prev: null,
      info: {
        selectionSetList: ["id"],
        selectionSetGraphQL: "{\n  id\n}",
        parentTypeName: context.value("type"),
        fieldName: context.value("field"),
        variables: {},
      },
      stash: {},
    }),
  },
];
