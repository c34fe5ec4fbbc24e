/**
 * The field that an answer of an operation always has. AWS sends it even if it is an empty list. So an answer without it is
 * refused, and does not count as an empty list. SQS leaves out empty lists, so its list operations are missing here. Sources: the API references of these services, read 2026-11-28.
 */
export const NEEDED_FIELDS: Readonly<Record<string, string>> = {
  DescribeLimits: 'ShardLimit',
  DescribeLogGroups: 'logGroups',
  DescribeStreamSummary: 'StreamDescriptionSummary',
  DescribeTable: 'Table',
  FilterLogEvents: 'events',
  GetAccountSettings: 'AccountLimit',
  GetFunction: 'Configuration',
  GetQueueAttributes: 'Attributes',
  GetQueueUrl: 'QueueUrl',
  GetRecords: 'Records',
  GetResources: 'ResourceTagMappingList',
  GetRole: 'Role',
  GetRolePolicy: 'PolicyDocument',
  GetShardIterator: 'ShardIterator',
  ListAttachedRolePolicies: 'AttachedPolicies',
  ListEventSourceMappings: 'EventSourceMappings',
  ListFunctions: 'Functions',
  ListObjectsV2: 'Name',
  ListRolePolicies: 'PolicyNames',
  ListRoles: 'Roles',
  ListStreams: 'StreamNames',
  ListTables: 'TableNames',
  ListTagsForStream: 'Tags',
  Scan: 'Items',
  SimulatePrincipalPolicy: 'EvaluationResults',
}
