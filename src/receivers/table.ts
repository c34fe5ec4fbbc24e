import type { OwnReceiver } from './receiver.ts'

/** One of attak's own receivers. */
export interface ReceiverEntry {
  /** The package of its client; absent if it needs none. */
  readonly client?: string
  load(): Promise<OwnReceiver>
}

/** The receivers that come with attak, by name: `attak/receivers/log`. */
export const RECEIVERS: Readonly<Record<string, ReceiverEntry>> = {
  log: { load: async () => (await import('./log/receiver.ts')).logReceiver },
  file: { load: async () => (await import('./file/receiver.ts')).fileReceiver },
  http: { load: async () => (await import('./http/receiver.ts')).httpReceiver },
  kafka: {
    client: '@platformatic/kafka',
    load: async () => (await import('./kafka/receiver.ts')).kafkaReceiver,
  },
  mongodb: { client: 'mongodb', load: async () => (await import('./mongodb/receiver.ts')).mongodbReceiver },
  elasticsearch: {
    client: '@elastic/elasticsearch',
    load: async () => (await import('./elasticsearch/receiver.ts')).elasticsearchReceiver,
  },
  opensearch: {
    client: '@opensearch-project/opensearch',
    load: async () => (await import('./opensearch/receiver.ts')).opensearchReceiver,
  },
}

/** What the names of attak's own receivers begin with. */
export const OWN = 'attak/receivers/'

/** The name of a receiver of attak's own: `log` of `attak/receivers/log`. Undefined for others. */
export function ownReceiver(module: string): string | undefined {
  return module.startsWith(OWN) ? module.slice(OWN.length) : undefined
}
