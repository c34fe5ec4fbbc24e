/**
 * The field without which an answer says nothing, by operation. AWS sends it in every answer, also where it is an empty list;
 * an answer without it is not read as "nothing is there". SQS leaves out empty lists, so its operations that list are
 * missing here. Sources: the API references of these services, read 2026-11-28.
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
