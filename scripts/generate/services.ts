/** A service whose tables are generated: where its schemas and its constraints come from. */
export interface ModelledService {
  /** The name of the service in src/wire/service.ts. */
  readonly name: string;
  readonly client: string;
  /** Folder of the model below the folder of botocore's models. */
  readonly model: string;
}

export const MODELLED_SERVICES: readonly ModelledService[] = [
  { name: "lambda", client: "@aws-sdk/client-lambda", model: "lambda-2015-03-31" },
  { name: "s3", client: "@aws-sdk/client-s3", model: "s3-2006-03-01" },
  { name: "dynamodb", client: "@aws-sdk/client-dynamodb", model: "dynamodb-2012-08-10" },
  { name: "logs", client: "@aws-sdk/client-cloudwatch-logs", model: "logs-2014-03-28" },
  { name: "iam", client: "@aws-sdk/client-iam", model: "iam-2010-05-08" },
  { name: "sts", client: "@aws-sdk/client-sts", model: "sts-2011-06-15" },
];
