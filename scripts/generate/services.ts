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
  { name: "sqs", client: "@aws-sdk/client-sqs", model: "sqs-2012-11-05" },
  { name: "sns", client: "@aws-sdk/client-sns", model: "sns-2010-03-31" },
  { name: "kinesis", client: "@aws-sdk/client-kinesis", model: "kinesis-2013-12-02" },
  { name: "cloudwatch", client: "@aws-sdk/client-cloudwatch", model: "cloudwatch-2010-08-01" },
  { name: "events", client: "@aws-sdk/client-eventbridge", model: "events-2015-10-07" },
  { name: "scheduler", client: "@aws-sdk/client-scheduler", model: "scheduler-2021-06-30" },
];
