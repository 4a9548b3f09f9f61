import type { Sample } from "./sample.ts";

interface Trigger {
  readonly name: string;
  readonly source: string;
  readonly summary: string;
  readonly request?: object;
  readonly response?: object;
  readonly version?: string;
  /** Whose attributes are not known yet, or not asked for. */
  readonly withoutAttributes?: true;
}

const NO_GROUPS = { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null };
const CHALLENGES = [{ challengeName: "SRP_A", challengeResult: true }];
const CODES = { codeParameter: "{####}", linkParameter: "{##Click Here##}", usernameParameter: null };

/** https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html */
const TRIGGERS: readonly Trigger[] = [
  {
    name: "pre-signup",
    source: "PreSignUp_SignUp",
    summary: "before somebody signs up",
    request: { validationData: null },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  },
  {
    name: "post-confirmation",
    source: "PostConfirmation_ConfirmSignUp",
    summary: "after a user was confirmed",
  },
  {
    name: "pre-authentication",
    source: "PreAuthentication_Authentication",
    summary: "before a user is authenticated",
    request: { validationData: null, userNotFound: false },
  },
  {
    name: "post-authentication",
    source: "PostAuthentication_Authentication",
    summary: "after a user was authenticated",
    request: { newDeviceUsed: false },
  },
  {
    name: "pre-token",
    source: "TokenGeneration_Authentication",
    summary: "before tokens are made, version 1",
    request: { groupConfiguration: NO_GROUPS },
    response: { claimsOverrideDetails: null },
  },
  {
    name: "pre-token-v2",
    source: "TokenGeneration_Authentication",
    summary: "before tokens are made, version 2",
    version: "2",
    request: { groupConfiguration: NO_GROUPS, scopes: ["aws.cognito.signin.user.admin"] },
    response: { claimsAndScopeOverrideDetails: null },
  },
  {
    name: "custom-message",
    source: "CustomMessage_SignUp",
    summary: "before a message goes out",
    request: CODES,
    response: { smsMessage: null, emailMessage: null, emailSubject: null },
  },
  {
    name: "migrate-user",
    source: "UserMigration_Authentication",
    summary: "an unknown user signs in",
    withoutAttributes: true,
    request: { password: "example-password", validationData: {}, clientMetadata: {} },
    response: {
      userAttributes: null,
      finalUserStatus: null,
      messageAction: null,
      desiredDeliveryMediums: null,
      forceAliasCreation: null,
      enableSMSMFA: false,
    },
  },
  {
    name: "define-challenge",
    source: "DefineAuthChallenge_Authentication",
    summary: "which challenge comes next",
    request: { session: CHALLENGES, userNotFound: false },
    response: { challengeName: null, issueTokens: null, failAuthentication: null },
  },
  {
    name: "create-challenge",
    source: "CreateAuthChallenge_Authentication",
    summary: "a challenge is to be made",
    request: { challengeName: "CUSTOM_CHALLENGE", session: CHALLENGES, userNotFound: false },
    response: { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
  },
  {
    name: "verify-challenge",
    source: "VerifyAuthChallengeResponse_Authentication",
    summary: "an answer to a challenge is to be judged",
    request: {
      privateChallengeParameters: { answer: "example" },
      challengeAnswer: "example",
      userNotFound: false,
    },
    response: { answerCorrect: false },
  },
];

export const COGNITO_SAMPLES: readonly Sample[] = TRIGGERS.map((trigger) => ({
  source: "cognito",
  name: trigger.name,
  summary: trigger.summary,
  parameters: {
    user: "example-user",
    ...(trigger.withoutAttributes === true ? {} : { email: "user@example.com" }),
  },
  event: (context) => ({
    version: trigger.version ?? "1",
    triggerSource: trigger.source,
    region: context.region,
    userPoolId: `${context.region}_Example01`,
    userName: context.value("user"),
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: "examplec1ient1d0123456789" },
    request: {
      ...(trigger.withoutAttributes === true
        ? {}
        : {
            userAttributes: {
              sub: context.uuid(),
              email_verified: "true",
              "cognito:user_status": "CONFIRMED",
              email: context.value("email"),
            },
          }),
      ...trigger.request,
    },
    response: trigger.response ?? {},
  }),
}));
