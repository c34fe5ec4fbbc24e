/** What is used of DynamoDB's library, in a module of our own: bundled, a library that is imported when needed lacks its names. */
export {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb'
