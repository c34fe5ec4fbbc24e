/** What is used of DynamoDB's library, in a module of our own: bundled, a library that is imported when needed lacks its names. */
export {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
