import type { ServiceName } from "../../wire/index.ts";

/**
 * Operations on the data itself, which CloudTrail calls data events. They are as many as the work of the
 * installation and are not audited.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
 */
const DATA_PLANE: Readonly<Partial<Record<ServiceName, RegExp>>> = {
  lambda:
    /^(Invoke|InvokeAsync|InvokeWithResponseStream|CheckpointDurableExecution|GetDurableExecutionState|SendDurableExecutionCallback.*)$/,
  s3: /Object(s|Acl|Attributes|Tagging|Torrent|Retention|LegalHold|sV2|Versions)?$|Multipart|Part(s|Copy)?$|^SelectObjectContent$/,
  dynamodb:
    /Item(s)?$|^(Query|Scan)$|^(Batch)?ExecuteStatement$|^ExecuteTransaction$|^GetRecords$|^GetShardIterator$/,
  logs: /^(Put|Get|Filter)LogEvents$|^StartLiveTail$/,
};

const READS = /^(Get|List|Describe|Head|Lookup|Search|Simulate|Test|Filter|BatchGet)/;

/** Whether a call belongs into the audit log: all that change or read how the installation is set up. */
export function isControlPlane(service: ServiceName | "lambkin", operation: string): boolean {
  return service === "lambkin" || DATA_PLANE[service]?.test(operation) !== true;
}

/** Whether the operation, by AWS's naming, changes nothing. */
export function isReadOnly(operation: string): boolean {
  return READS.test(operation) || operation.startsWith("GET ");
}
