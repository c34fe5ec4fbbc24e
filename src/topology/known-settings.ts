import { type CarrierTable, viasOf } from './carrier-rules.ts'
import type { DeliverySettings, Via } from './delivery.ts'
import type { RecordingSettings } from './recording.ts'
import { oneOf, RULES, type Rules } from './rules.ts'

/** What can carry settings. */
export type Level = 'topology' | 'processor' | 'stream'

/** The name of a setting of streams. */
export type DeliverySetting = keyof DeliverySettings

/** Every setting that there is: attak's own, and those of the carriers. */
export interface KnownSettings {
  readonly carriers: CarrierTable
  /** The carrier of streams that name none. */
  readonly fallback: Via
  /** The settings of streams. */
  readonly delivery: readonly DeliverySetting[]
  /** Those of them that streams over one carrier can have. */
  readonly over: Readonly<Record<Via, ReadonlySet<DeliverySetting>>>
  /** Every setting that one rule says all about. */
  readonly rules: Rules
  /** Every field that each level takes. */
  readonly fields: Readonly<Record<Level, readonly string[]>>
}

const SHARED_FIRST = [
  ...(['via', 'fifo', 'pack', 'batch', 'window', 'retention', 'maximumRetryAttempts'] as const),
] as const satisfies readonly DeliverySetting[]
const SHARED_LAST = ['metrics', 'filters'] as const satisfies readonly DeliverySetting[]
const DEPLOYMENT = [
  ...['memory', 'runtime', 'architecture', 'environment', 'role', 'vpc', 'tags', 'include', 'external', 'outputs'],
]
const RECORDING = [
  'idempotent',
  'logEvents',
  'retryQueue',
  'state',
] as const satisfies readonly (keyof RecordingSettings)[]

/** Returns every setting that topologies can have whose streams go over these carriers. */
export function knownSettings(carriers: CarrierTable): KnownSettings {
  const vias = viasOf(carriers)
  const owned = (via: Via) => Object.keys(carriers[via].settings) as DeliverySetting[]
  const own: Rules = Object.assign({}, ...vias.map((via) => carriers[via].settings))
  const delivery = [...new Set([...SHARED_FIRST, ...vias.flatMap(owned), ...SHARED_LAST])]
  const over = (via: Via) => new Set(delivery.filter((name) => !Object.hasOwn(own, name) || owned(via).includes(name)))
  return {
    carriers,
    fallback: vias[0]!,
    delivery,
    over: Object.fromEntries(vias.map((via) => [via, over(via)])) as unknown as KnownSettings['over'],
    rules: { ...RULES, ...own, via: oneOf(vias) },
    fields: {
      topology: [
        ...['name', 'processors', 'processor', 'streams', 'input', 'sources', 'api', 'schedule'],
        ...['retries', 'backoff', 'timeout', 'hopLimit'],
        ...[...delivery, ...DEPLOYMENT, 'logRetention', 'errors', ...RECORDING],
      ],
      processor: [
        ...[
          'handler',
          'path',
          'source',
          'receiver',
          'properties',
          'setup',
          'teardown',
          'input',
          'retries',
          'backoff',
          'timeout',
          'callback',
          'invokes',
        ],
        ...[...delivery, ...DEPLOYMENT, 'concurrency', ...RECORDING],
      ],
      stream: ['from', 'to', 'topic', 'topics', 'retries', 'backoff', 'stream', ...delivery],
    },
  }
}
