import { BatchGetItem } from "./BatchGetItem.ts";
import { BatchWriteItem } from "./BatchWriteItem.ts";
import { CreateTable } from "./CreateTable.ts";
import { DeleteItem } from "./DeleteItem.ts";
import { DeleteTable } from "./DeleteTable.ts";
import { DescribeContinuousBackups } from "./DescribeContinuousBackups.ts";
import { DescribeEndpoints } from "./DescribeEndpoints.ts";
import { DescribeTable } from "./DescribeTable.ts";
import { DescribeTimeToLive } from "./DescribeTimeToLive.ts";
import { GetItem } from "./GetItem.ts";
import { ListTables } from "./ListTables.ts";
import { ListTagsOfResource } from "./ListTagsOfResource.ts";
import { PutItem } from "./PutItem.ts";
import { Query } from "./Query.ts";
import { Scan } from "./Scan.ts";
import { TagResource } from "./TagResource.ts";
import { UntagResource } from "./UntagResource.ts";
import { UpdateItem } from "./UpdateItem.ts";
import { UpdateTable } from "./UpdateTable.ts";

/** The operations of the service: one file and one line each. */
export const operations = {
  BatchGetItem,
  BatchWriteItem,
  CreateTable,
  DeleteItem,
  DeleteTable,
  DescribeContinuousBackups,
  DescribeEndpoints,
  DescribeTable,
  DescribeTimeToLive,
  GetItem,
  ListTables,
  ListTagsOfResource,
  PutItem,
  Query,
  Scan,
  TagResource,
  UntagResource,
  UpdateItem,
  UpdateTable,
} as const;
