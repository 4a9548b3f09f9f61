import { AssociateKmsKey } from "./AssociateKmsKey.ts";
import { CreateLogGroup } from "./CreateLogGroup.ts";
import { CreateLogStream } from "./CreateLogStream.ts";
import { DeleteLogGroup } from "./DeleteLogGroup.ts";
import { DeleteLogStream } from "./DeleteLogStream.ts";
import { DeleteRetentionPolicy } from "./DeleteRetentionPolicy.ts";
import { DescribeLogGroups } from "./DescribeLogGroups.ts";
import { DescribeLogStreams } from "./DescribeLogStreams.ts";
import { DisassociateKmsKey } from "./DisassociateKmsKey.ts";
import { FilterLogEvents } from "./FilterLogEvents.ts";
import { GetLogEvents } from "./GetLogEvents.ts";
import { ListTagsForResource } from "./ListTagsForResource.ts";
import { PutLogEvents } from "./PutLogEvents.ts";
import { PutLogGroupDeletionProtection } from "./PutLogGroupDeletionProtection.ts";
import { PutRetentionPolicy } from "./PutRetentionPolicy.ts";
import { TagResource } from "./TagResource.ts";
import { UntagResource } from "./UntagResource.ts";

/** Every operation of CloudWatch Logs that Lambkin answers. */
export const operations = {
  AssociateKmsKey,
  CreateLogGroup,
  CreateLogStream,
  DeleteLogGroup,
  DeleteLogStream,
  DeleteRetentionPolicy,
  DescribeLogGroups,
  DescribeLogStreams,
  DisassociateKmsKey,
  FilterLogEvents,
  GetLogEvents,
  ListTagsForResource,
  PutLogEvents,
  PutLogGroupDeletionProtection,
  PutRetentionPolicy,
  TagResource,
  UntagResource,
};
