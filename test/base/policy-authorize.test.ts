import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AuthorizationQuery,
  authorize,
  type PolicyPrincipal,
  parsePolicy,
} from "../../src/base/index.ts";

const HOME = "111111111111";
const AWAY = "222222222222";
const USER: PolicyPrincipal = { kind: "user", account: HOME, arn: `arn:aws:iam::${HOME}:user/u` };
const ROLE: PolicyPrincipal = {
  kind: "assumed-role",
  account: HOME,
  arn: `arn:aws:sts::${HOME}:assumed-role/r/s`,
};
const ROOT: PolicyPrincipal = { kind: "root", account: HOME, arn: `arn:aws:iam::${HOME}:root` };
const S3: PolicyPrincipal = { kind: "service", service: "s3.amazonaws.com" };
const NOBODY: PolicyPrincipal = { kind: "anonymous" };

const THIS = { Action: "lambda:InvokeFunction", Resource: "*" };
const OTHER = { Action: "lambda:GetFunction", Resource: "*" };
const identity = (statement: object) =>
  parsePolicy({ Statement: { Effect: "Allow", ...statement } }, { kind: "identity" });
const resource = (Principal: unknown, statement: object = THIS) =>
  parsePolicy({ Statement: { Effect: "Allow", Principal, ...statement } }, { kind: "resource" });

const ALLOWS = identity(THIS);
const SILENT = identity(OTHER);
const DENIES = identity({ ...THIS, Effect: "Deny" });
const toUser = resource({ AWS: `arn:aws:iam::${HOME}:user/u` });
const toRole = resource({ AWS: `arn:aws:iam::${HOME}:role/r` });
const toSession = resource({ AWS: `arn:aws:sts::${HOME}:assumed-role/r/s` });
const toAccount = resource({ AWS: HOME });
const toAll = resource("*");
const toAccountAndUser = parsePolicy(
  {
    Statement: [{ AWS: HOME }, { AWS: `arn:aws:iam::${HOME}:user/u` }].map((Principal) => ({
      Effect: "Allow",
      Principal,
      ...THIS,
    })),
  },
  { kind: "resource" },
);
const toS3 = resource({ Service: "s3.amazonaws.com" });
const denyAll = resource("*", { ...THIS, Effect: "Deny" });

interface Row {
  readonly name: string;
  readonly who: PolicyPrincipal;
  readonly policies: Omit<AuthorizationQuery, "request" | "resourceAccount">;
  /** Whether the resource is in another account than the caller. */
  readonly away?: boolean;
  readonly answer: string;
}

const rows: readonly Row[] = [
  // One account: identity and resource policies add up.
  { name: "nothing", who: USER, policies: {}, answer: "ImplicitDeny by identity" },
  { name: "identity", who: USER, policies: { identityPolicies: [ALLOWS] }, answer: "Allow by identity" },
  {
    name: "one of several",
    who: USER,
    policies: { identityPolicies: [SILENT, ALLOWS] },
    answer: "Allow by identity",
  },
  {
    name: "resource alone",
    who: USER,
    policies: { identityPolicies: [], resourcePolicy: toUser },
    answer: "Allow by resource",
  },
  { name: "everybody", who: USER, policies: { resourcePolicy: toAll }, answer: "Allow by resource" },
  {
    name: "the account leaves it to identity",
    who: USER,
    policies: { resourcePolicy: toAccount },
    answer: "ImplicitDeny by identity",
  },
  {
    name: "the account, then the user",
    who: USER,
    policies: { resourcePolicy: toAccountAndUser },
    answer: "Allow by resource",
  },
  {
    name: "the account and identity",
    who: USER,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toAccount },
    answer: "Allow by identity",
  },
  {
    name: "identity denies",
    who: USER,
    policies: { identityPolicies: [ALLOWS, DENIES], resourcePolicy: toUser },
    answer: "ExplicitDeny by identity",
  },
  {
    name: "resource denies",
    who: USER,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: denyAll },
    answer: "ExplicitDeny by resource",
  },
  {
    name: "resource silent",
    who: USER,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toS3 },
    answer: "Allow by identity",
  },
  // Boundaries.
  {
    name: "boundary allows",
    who: USER,
    policies: { identityPolicies: [ALLOWS], permissionsBoundary: ALLOWS },
    answer: "Allow by identity",
  },
  {
    name: "boundary silent",
    who: USER,
    policies: { identityPolicies: [ALLOWS], permissionsBoundary: SILENT },
    answer: "ImplicitDeny by boundary",
  },
  {
    name: "boundary grants nothing",
    who: USER,
    policies: { identityPolicies: [SILENT], permissionsBoundary: ALLOWS },
    answer: "ImplicitDeny by identity",
  },
  {
    name: "boundary denies",
    who: USER,
    policies: { resourcePolicy: toUser, permissionsBoundary: DENIES },
    answer: "ExplicitDeny by boundary",
  },
  {
    name: "user over boundary",
    who: USER,
    policies: { resourcePolicy: toUser, permissionsBoundary: SILENT },
    answer: "Allow by resource",
  },
  {
    name: "role under boundary",
    who: ROLE,
    policies: { resourcePolicy: toRole, permissionsBoundary: SILENT },
    answer: "ImplicitDeny by boundary",
  },
  {
    name: "role in boundary",
    who: ROLE,
    policies: { resourcePolicy: toRole, permissionsBoundary: ALLOWS },
    answer: "Allow by resource",
  },
  {
    name: "session over boundary",
    who: ROLE,
    policies: { resourcePolicy: toSession, permissionsBoundary: SILENT },
    answer: "Allow by resource",
  },
  {
    name: "everybody over boundary",
    who: ROLE,
    policies: { resourcePolicy: toAll, permissionsBoundary: SILENT },
    answer: "Allow by resource",
  },
  // Session policies.
  {
    name: "session allows",
    who: ROLE,
    policies: { identityPolicies: [ALLOWS], sessionPolicies: [SILENT, ALLOWS] },
    answer: "Allow by identity",
  },
  {
    name: "session silent",
    who: ROLE,
    policies: { identityPolicies: [ALLOWS], sessionPolicies: [SILENT] },
    answer: "ImplicitDeny by session",
  },
  {
    name: "session empty",
    who: ROLE,
    policies: { identityPolicies: [ALLOWS], sessionPolicies: [] },
    answer: "ImplicitDeny by session",
  },
  {
    name: "session denies",
    who: ROLE,
    policies: { identityPolicies: [ALLOWS], sessionPolicies: [ALLOWS, DENIES] },
    answer: "ExplicitDeny by session",
  },
  {
    name: "role under session",
    who: ROLE,
    policies: { resourcePolicy: toRole, sessionPolicies: [SILENT] },
    answer: "ImplicitDeny by session",
  },
  {
    name: "role in session",
    who: ROLE,
    policies: { resourcePolicy: toRole, sessionPolicies: [ALLOWS] },
    answer: "Allow by resource",
  },
  {
    name: "session over session",
    who: ROLE,
    policies: { resourcePolicy: toSession, sessionPolicies: [SILENT] },
    answer: "Allow by resource",
  },
  {
    name: "all three",
    who: ROLE,
    policies: { identityPolicies: [ALLOWS], permissionsBoundary: ALLOWS, sessionPolicies: [ALLOWS] },
    answer: "Allow by identity",
  },
  // Two accounts: both have to allow.
  {
    name: "away, identity alone",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS] },
    answer: "ImplicitDeny by resource",
  },
  {
    name: "away, resource alone",
    who: USER,
    away: true,
    policies: { resourcePolicy: toUser },
    answer: "ImplicitDeny by identity",
  },
  {
    name: "away, both",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toUser },
    answer: "Allow by resource",
  },
  {
    name: "away, account",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toAccount },
    answer: "Allow by resource",
  },
  {
    name: "away, everybody",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toAll },
    answer: "Allow by resource",
  },
  {
    name: "away, session and no identity",
    who: ROLE,
    away: true,
    policies: { resourcePolicy: toSession },
    answer: "ImplicitDeny by identity",
  },
  {
    name: "away, boundary silent",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toUser, permissionsBoundary: SILENT },
    answer: "ImplicitDeny by boundary",
  },
  {
    name: "away, session silent",
    who: ROLE,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: toRole, sessionPolicies: [SILENT] },
    answer: "ImplicitDeny by session",
  },
  {
    name: "away, resource denies",
    who: USER,
    away: true,
    policies: { identityPolicies: [ALLOWS], resourcePolicy: denyAll },
    answer: "ExplicitDeny by resource",
  },
  {
    name: "away, identity denies",
    who: USER,
    away: true,
    policies: { identityPolicies: [DENIES], resourcePolicy: toUser },
    answer: "ExplicitDeny by identity",
  },
  // The root user.
  { name: "root", who: ROOT, policies: {}, answer: "Allow by identity" },
  {
    name: "root denied",
    who: ROOT,
    policies: { resourcePolicy: denyAll },
    answer: "ExplicitDeny by resource",
  },
  { name: "root away", who: ROOT, away: true, policies: {}, answer: "ImplicitDeny by resource" },
  {
    name: "root away, let in",
    who: ROOT,
    away: true,
    policies: { resourcePolicy: toAccount },
    answer: "Allow by resource",
  },
  // Services and strangers.
  { name: "service", who: S3, policies: { resourcePolicy: toS3 }, answer: "Allow by resource" },
  { name: "service without policy", who: S3, policies: {}, answer: "ImplicitDeny by resource" },
  {
    name: "service not named",
    who: S3,
    policies: { resourcePolicy: toAccount },
    answer: "ImplicitDeny by resource",
  },
  {
    name: "service denied",
    who: S3,
    policies: { resourcePolicy: denyAll },
    answer: "ExplicitDeny by resource",
  },
  { name: "stranger", who: NOBODY, policies: { resourcePolicy: toAll }, answer: "Allow by resource" },
  {
    name: "stranger not named",
    who: NOBODY,
    policies: { resourcePolicy: toAccount },
    answer: "ImplicitDeny by resource",
  },
];

for (const { name, who, policies, away, answer } of rows) {
  test(`${name}: ${answer}`, () => {
    const resourceAccount = away === true ? AWAY : HOME;
    const { decision, decidedBy, statement } = authorize({
      request: {
        principal: who,
        action: "lambda:InvokeFunction",
        resource: `arn:aws:lambda:us-east-1:${resourceAccount}:function:f`,
      },
      resourceAccount,
      ...policies,
    });
    assert.equal(`${decision} by ${decidedBy}`, answer);
    assert.equal(statement !== undefined, decision !== "ImplicitDeny" && name !== "root");
  });
}
