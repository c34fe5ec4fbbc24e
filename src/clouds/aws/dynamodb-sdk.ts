/**
 * The used parts of DynamoDB's library, in a separate module: a bundled library that is imported on demand lacks its
 * names.
 */
export {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb'
