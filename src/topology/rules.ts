import * as z from 'zod/mini'
import { ARCHITECTURES, LOG_RETENTIONS, RUNTIMES } from './deployment.ts'
import { isName, NAME_RULE } from './name.ts'
import type { ErrorsStore } from './recording.ts'
import { isPlainObject } from './user-code.ts'

/** What one setting must be: checked, and in words. */
export interface Rule {
  /** Made when a value is checked: making them all costs a twentieth of what `node -e 0` takes. */
  readonly schema: () => z.ZodMiniType
  /** Completes "must be …", "Set it to …". */
  readonly must: string
}

/** Settings by name. */
export type Rules = Readonly<Record<string, Rule>>

/** The parts of `backoff`. */
export const BACKOFF_RULES: Rules = {
  firstMs: wholeNumber(0, 86_400_000, 'a whole number of milliseconds'),
  factor: { schema: () => z.number().check(z.gte(1), z.lte(100)), must: 'a number from 1 to 100' },
  maxMs: wholeNumber(0, 86_400_000, 'a whole number of milliseconds'),
  jitter: yesOrNo(),
}

/** Settings of streams that every carrier has. */
const DELIVERY_RULES: Rules = {
  pack: wholeNumber(1, 1000),
  batch: wholeNumber(1, 10_000),
  window: wholeNumber(0, 300, 'a whole number of seconds'),
  retention: wholeNumber(1, 8760, 'a whole number of hours'),
  maximumRetryAttempts: wholeNumber(-1, 10_000),
  metrics: yesOrNo(),
  filters: {
    schema: () => z.array(z.custom<object>(isPattern)).check(z.minLength(1), z.maxLength(10)),
    must: 'a list of 1 to 10 patterns, each an object of at most 4096 characters as JSON',
  },
}

/**
 * Settings of what is deployed. Sources, read 2026-11-21: Lambda's API reference, CreateFunction (memory, role, VPC), and
 * its quotas; tag limits of AWS, 50 a resource, of which attak keeps 10.
 */
export const DEPLOYMENT_RULES: Rules = {
  memory: wholeNumber(128, 10_240, 'a whole number of MB'),
  runtime: oneOf(RUNTIMES),
  architecture: oneOf(ARCHITECTURES),
  role: {
    schema: () => z.string().check(z.regex(/^arn:aws[a-zA-Z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/)),
    must: 'the ARN of a role, like "arn:aws:iam::123456789012:role/name"',
  },
  vpc: {
    schema: () => z.strictObject({ subnets: idsOf('subnet', 16), securityGroups: idsOf('sg', 5) }),
    must: '{ subnets, securityGroups }, lists of 1 to 16 ids "subnet-…" and 1 to 5 ids "sg-…"',
  },
  tags: {
    schema: () => z.custom<object>(areTags),
    must: 'a map of up to 40 names (not of "aws:" and "attak:") to texts, of letters, digits, spaces and _.:/=+-@',
  },
  include: listOf(
    'globs',
    () => z.regex(/^(?!\/|[A-Za-z]:)(?!(?:.*\/)?\.\.(?:\/|$)).+$/s),
    'relative and without ".."',
  ),
  external: listOf('packages', () => z.regex(/^(?:@[\w.-]+\/)?[\w.-]+$/), 'as package.json names them'),
  outputs: yesOrNo(),
  concurrency: wholeNumber(1, 100_000),
  invokes: listOf('processors', () => z.minLength(1), 'by name'),
  logRetention: {
    schema: () => z.custom<number>((value) => LOG_RETENTIONS.includes(value as number)),
    must: `a number of days that CloudWatch knows: ${LOG_RETENTIONS.join(', ')}`,
  },
}

/**
 * What `errors` takes, by its store. Sources, read 2026-11-21: SQS API reference, SetQueueAttributes (a message is kept
 * for at most 14 days; the limits of a name); S3 user guide, rules for bucket names and for keys (characters that need no care).
 */
export const ERRORS_RULES: Readonly<Record<ErrorsStore, Rules>> = {
  sqs: {
    retention: wholeNumber(1, 336, 'a whole number of hours'),
    queue: {
      schema: () => z.string().check(z.regex(/^arn:aws[a-zA-Z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}$/)),
      must: 'the ARN of a queue that is not FIFO, like "arn:aws:sqs:eu-west-1:123456789012:name"',
    },
  },
  dynamodb: { retention: wholeNumber(1, 87_600, 'a whole number of hours') },
  s3: {
    bucket: {
      schema: () => z.string().check(z.regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)),
      must: 'the name of a bucket: 3 to 63 lowercase letters, digits, "-" and "."',
    },
    prefix: {
      schema: () => z.string().check(z.regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?:(?!\/)[\w!.*'()/-]{1,500})?$/)),
      must: 'a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*\'()/, no segment "." or ".."',
    },
  },
}

/** Every setting that one rule says all about, but for those of single carriers. */
export const RULES: Rules = {
  retries: wholeNumber(0, 1000),
  timeout: { schema: () => z.number().check(z.gt(0), z.lte(900)), must: 'a number of seconds above 0, up to 900' },
  hopLimit: wholeNumber(1, 1_000_000),
  callback: yesOrNo(),
  idempotent: {
    schema: () => z.union([z.boolean(), z.strictObject({ ttl: z.optional(z.int().check(z.gte(1), z.lte(8760))) })]),
    must: 'true, false or { ttl } with a whole number of hours from 1 to 8760',
  },
  logEvents: yesOrNo(),
  retryQueue: yesOrNo(),
  state: yesOrNo(),
  stream: { schema: () => z.string().check(z.refine(isName)), must: `a name: it must ${NAME_RULE}` },
  ...DELIVERY_RULES,
  ...DEPLOYMENT_RULES,
}

/** A setting that is on or off. */
export function yesOrNo(): Rule {
  return { schema: () => z.boolean(), must: 'true or false' }
}

/** A setting that is a whole number in a range. */
export function wholeNumber(least: number, most: number, kind = 'a whole number'): Rule {
  return { schema: () => z.int().check(z.gte(least), z.lte(most)), must: `${kind} from ${least} to ${most}` }
}

/** A setting that is one of some texts. */
export function oneOf(values: readonly string[]): Rule {
  return { schema: () => z.enum([...values]), must: values.map((value) => JSON.stringify(value)).join(' or ') }
}

function listOf(what: string, each: () => z.core.$ZodCheck<string>, how: string): Rule {
  return { schema: () => z.array(z.string().check(each())), must: `a list of ${what}, ${how}` }
}

function idsOf(kind: string, most: number) {
  const id = z.string().check(z.regex(new RegExp(`^${kind}-[0-9a-f]+$`)))
  return z.array(id).check(z.minLength(1), z.maxLength(most))
}

/** Lambda takes patterns of 4,096 characters. Source: its guide to event filtering, read 2026-11-21. */
function isPattern(value: unknown): boolean {
  try {
    return isPlainObject(value) && JSON.stringify(value).length <= 4096
  } catch {
    return false
  }
}

function areTags(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const entries = Object.entries(value)
  return entries.length <= 40 && entries.every(([name, text]) => TAG_NAME.test(name) && isTagText(text))
}

function isTagText(text: unknown): boolean {
  return typeof text === 'string' && TAG_TEXT.test(text)
}

const TAG_NAME = /^(?!aws:|attak:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u
