import { describe, expect, it } from 'vitest'
import { parseTopology } from '../../src/project/parse.ts'

function parse(settings: object) {
  const value = { name: 't', processors: { a: { path: './a' } }, ...settings }
  return parseTopology(value, { file: 'topology.ts', modulesIn: () => undefined })
}

function told(settings: object): readonly string[] {
  return parse(settings).problems.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)
}

const queue = 'arn:aws:sqs:eu-west-1:123456789012:late'

describe('where error records are kept', () => {
  it.each([
    ['sqs', { store: 'sqs', retentionHours: 24 }],
    [{}, { store: 'sqs', retentionHours: 24 }],
    [{ retention: 336 }, { store: 'sqs', retentionHours: 336 }],
    [
      { store: 'sqs', queue },
      { store: 'sqs', queue, retentionHours: 24 },
    ],
    [{ queue }, { store: 'sqs', queue, retentionHours: 24 }],
    ['dynamodb', { store: 'dynamodb', retentionHours: 336 }],
    [
      { store: 'dynamodb', retention: 1 },
      { store: 'dynamodb', retentionHours: 1 },
    ],
    [
      { store: 's3', bucket: 'my-bucket' },
      { store: 's3', bucket: 'my-bucket', prefix: '' },
    ],
    [
      { store: 's3', bucket: 'my-bucket', prefix: 'team/errors' },
      { store: 's3', bucket: 'my-bucket', prefix: 'team/errors/' },
    ],
  ])('%j becomes %j', (errors, form) => {
    const { topology, problems } = parse({ errors })
    expect(problems).toEqual([])
    expect(topology?.errors).toEqual(form)
  })

  it('has no setting by default', () => {
    expect(parse({}).topology).not.toHaveProperty('errors')
  })

  it.each<readonly [unknown, readonly string[]]>([
    [
      'dynamo',
      [
        `errors: errors are kept by "sqs", "dynamodb", "s3"; got "dynamo" (topology.ts). Did you mean "dynamodb"? Write 'dynamodb', { retention: 48 }, { queue: 'arn:…' }, { store: 'dynamodb', retention: 720 }, or { store: 's3', bucket: 'name' }.`,
      ],
    ],
    [
      7,
      [
        `errors: errors must be a store or an object; got 7 (topology.ts). Write 'dynamodb', { retention: 48 }, { queue: 'arn:…' }, { store: 'dynamodb', retention: 720 }, or { store: 's3', bucket: 'name' }.`,
      ],
    ],
    [
      's3',
      [
        `errors: the store "s3" needs the name of an existing bucket (topology.ts). Write { store: 's3', bucket: 'name' }.`,
      ],
    ],
    [
      { store: 's3', bucket: 'My_Bucket', retention: 3, prefx: 'a' },
      [
        'errors.retention: retention does not fit the store "s3" (topology.ts). Write store: "sqs" or "dynamodb", or remove retention.',
        'errors.prefx: errors has no setting "prefx" (topology.ts). Did you mean "prefix"?',
        'errors.bucket: bucket must be the name of a bucket: 3 to 63 lowercase letters, digits, "-" and "."; got "My_Bucket" (topology.ts). Set bucket to the name of a bucket: 3 to 63 lowercase letters, digits, "-" and ".".',
      ],
    ],
    [
      { store: 's3', bucket: 'my-bucket', prefix: '../other' },
      [
        `errors.prefix: prefix must be a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or ".."; got "../other" (topology.ts). Set prefix to a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or "..", or leave it out.`,
      ],
    ],
    [
      { store: 's3', bucket: 'my-bucket', prefix: 'a/./b' },
      [
        `errors.prefix: prefix must be a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or ".."; got "a/./b" (topology.ts). Set prefix to a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or "..", or leave it out.`,
      ],
    ],
    [
      { store: 's3', bucket: 'my-bucket', prefix: 'a/..' },
      [
        `errors.prefix: prefix must be a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or ".."; got "a/.." (topology.ts). Set prefix to a folder in the bucket, like "team/errors": at most 500 letters, digits and !-_.*'()/, no segment "." or "..", or leave it out.`,
      ],
    ],
    [
      { retention: 337, bucket: 'my-bucket' },
      [
        'errors.bucket: bucket does not fit the store "sqs" (topology.ts). Write store: "s3", or remove bucket.',
        'errors.retention: retention must be a whole number of hours from 1 to 336; got 337 (topology.ts). Set retention to a whole number of hours from 1 to 336, or leave it out.',
      ],
    ],
    [
      { queue: `${queue}.fifo`, retention: 2 },
      [
        `errors.queue: queue must be the ARN of a queue that is not FIFO, like "arn:aws:sqs:eu-west-1:123456789012:name"; got "${queue}.fifo" (topology.ts). Set queue to the ARN of a queue that is not FIFO, like "arn:aws:sqs:eu-west-1:123456789012:name", or leave it out.`,
      ],
    ],
    [
      { queue, retention: 2 },
      [
        'errors.retention: your own queue has its own retention, and attak does not change it (topology.ts). Remove retention, or queue.',
      ],
    ],
    [
      { store: 'dynamodb', retention: 0 },
      [
        'errors.retention: retention must be a whole number of hours from 1 to 87600; got 0 (topology.ts). Set retention to a whole number of hours from 1 to 87600, or leave it out.',
      ],
    ],
  ])('refuses %j, all at once', (errors, problems) => {
    expect(told({ errors })).toEqual(problems)
    expect(parse({ errors }).topology).toBeUndefined()
  })

  it('is set only on the topology', () => {
    expect(told({ processors: { a: { path: './a', errors: 'dynamodb' } } })).toEqual([
      'processors.a.errors: a processor has no setting "errors" (topology.ts). It is a setting of a topology.',
    ])
  })
})

describe('settings of redeliveries and attempts', () => {
  it.each([
    [true, { ttlHours: 24 }],
    [{}, { ttlHours: 24 }],
    [{ ttl: 48 }, { ttlHours: 48 }],
    [false, false],
  ])('idempotent: %j becomes %j, at a processor and at the topology', (idempotent, form) => {
    expect(parse({ idempotent }).topology?.idempotent).toEqual(form)
    expect(parse({ processors: { a: { path: './a', idempotent } } }).topology?.processors[0]?.idempotent).toEqual(form)
  })

  it.each([0, 'yes', { ttl: 0 }, { ttl: 1.5 }, { hours: 4 }])('idempotent: %j is refused', (idempotent) => {
    expect(told({ idempotent })[0]).toMatch(
      /^idempotent: idempotent must be true, false or \{ ttl \} with a whole number of hours from 1 to 8760; got/,
    )
  })

  it('logEvents and retryQueue are true or false', () => {
    const settings = { logEvents: true, retryQueue: false }
    expect(parse({ ...settings, processors: { a: { path: './a', ...settings } } }).topology).toMatchObject({
      ...settings,
      processors: [settings],
    })
    expect(told({ logEvents: 'yes', retryQueue: 1 })).toEqual([
      'logEvents: logEvents must be true or false; got "yes" (topology.ts). Set logEvents to true or false, or leave it out.',
      'retryQueue: retryQueue must be true or false; got 1 (topology.ts). Set retryQueue to true or false, or leave it out.',
    ])
  })
})
