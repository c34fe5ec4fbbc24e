import { pathToFileURL } from 'node:url'
import type * as Kafka from '@platformatic/kafka'
import { AttakError } from '../../errors.ts'
import type { BrokerWorld } from '../../runtime/broker.ts'
import { createStop, type Stop, waitFor } from '../../runtime/stop.ts'
import { type Address, addressOf } from './address.ts'
import { failureOf, reasonOf } from './failure.ts'

/** The client, as its package exports it. */
export type KafkaPackage = typeof Kafka
type Connection = Kafka.Connection
type Pool = Kafka.ConnectionPool
type Node = Kafka.Broker

/** Which server of a cluster is asked: the leader of a lane, or the coordinator of a group or of a transaction. */
export type Target =
  | { readonly kind: 'any' }
  | { readonly kind: 'node'; readonly id: number }
  | { readonly kind: 'group' | 'transaction'; readonly id: string }

/** A server answers the requests of one connection one after the other: what waits there has one of its own. */
export type Purpose = 'main' | 'group' | 'fetch'

/** The connections to a cluster. */
export interface Cluster {
  readonly kafka: KafkaPackage
  /** The address without its password. */
  readonly place: string
  readonly address: Address
  /** The file of the client's package, for other threads, and how they connect. */
  readonly file: string
  readonly connecting: Kafka.ConnectionOptions
  /** Asks once. */
  call<Answer>(target: Target, ask: (connection: Connection) => Promise<Answer>, purpose?: Purpose): Promise<Answer>
  /** Asks until there is an answer other than that it is not possible now. Rejects when the cluster is closed. */
  persist<Answer>(target: Target, ask: (connection: Connection) => Promise<Answer>, purpose?: Purpose): Promise<Answer>
  /** Returns topics, with their errors; all if no names are given. */
  topics(names: readonly string[] | null): Promise<readonly Kafka.metadataV11.MetadataResponseTopic[]>
  /** Returns the id of the server that has a partition. */
  leaderOf(topic: string, partition: number): Promise<number>
  /** The leaders may be others by now. */
  forget(): void
  isConnected(): boolean
  /** Stopped when it is closed. */
  readonly stop: Stop
  /** Waits, or until it is closed. */
  pause(ms: number): Promise<void>
  close(): void
}

const CONNECT_MS = 5000
/** A connection whose answer does not come in so long is replaced. */
const SILENT_MS = 15_000
/** A rebalance may last so long before all members have joined. */
const REBALANCE_MS = 60_000
/** How often it is looked for the leader of a topic that is not there; it may have been made a moment ago. */
const MOST_LOOKS = 50
const LOOK_MS = 100
/** The pauses between tries. */
const PAUSES_MS = [5, 10, 20, 50, 100, 200, 500]

/** Opens a cluster. Throws BROKER_FAILED or CLIENT_MISSING if it cannot be used. */
export async function openCluster(world: BrokerWorld): Promise<Cluster> {
  const address = addressOf(world.url)
  const { place } = address
  const file = world.clientFile('@platformatic/kafka', `--broker ${place}`)
  const url = pathToFileURL(file).href
  const kafka: KafkaPackage = await import(url)
  const cluster = clusterOf(world, kafka, { address, file: url })
  try {
    await cluster.call({ kind: 'any' }, (connection) => kafka.metadataV11.api.async(connection, [], false))
  } catch (error) {
    cluster.close()
    throw brokerError(place, error)
  }
  return cluster
}

/** What is wrong with a cluster that does not take requests. */
export function brokerError(place: string, cause: unknown): AttakError {
  const reason = reasonOf(cause)
  const known = REMEDIES.find(([pattern]) => pattern.test(reason))
  const remedy = known?.[1] ?? 'Start it, or correct the address in --broker or ATTAK_BROKER.'
  return new AttakError('BROKER_FAILED', `the broker ${place} cannot be used: ${reason}`, remedy, { cause })
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SASL|authentication/i,
    'Give the user and the password in the address: kafka://user:password@host:9092, in ATTAK_BROKER. Add ?mechanism=scram-sha-256 or scram-sha-512 if Kafka wants that.',
  ],
  [/AUTHORIZATION_FAILED/, 'Allow its user to read, write, create and delete what begins with "attak".'],
  [/UNSUPPORTED_VERSION/, 'attak needs Kafka 3.0 or later.'],
  [
    /TLS|SSL|certificate/i,
    'Use kafkas:// for TLS, and kafka:// without. Node trusts what NODE_EXTRA_CA_CERTS names, too.',
  ],
]

/** How connections are made. */
function connectingTo({ sasl, isSecure }: Address, requestTimeout: number): Kafka.ConnectionOptions {
  return {
    ...{ connectTimeout: CONNECT_MS, requestTimeout, maxInflights: 100 },
    ...(sasl !== undefined && { sasl }),
    ...(isSecure && { tls: {}, tlsServerName: true }),
  }
}

function poolOf(kafka: KafkaPackage, address: Address, requestTimeout: number): Pool {
  const pool = new kafka.ConnectionPool('attak', connectingTo(address, requestTimeout))
  // Without a listener, Node ends the process.
  pool.on('connecting', ({ connection }) => void connection.on('error', () => {}))
  return pool
}

/** The state of the connections. */
interface State {
  readonly kafka: KafkaPackage
  readonly address: Address
  readonly pools: Readonly<Record<Purpose, Pool>>
  readonly nodes: Map<number, Node>
  /** By `<topic>:<partition>`. */
  readonly leaders: Map<string, number>
  /** By `<kind> <id>`. */
  readonly coordinators: Map<string, Node>
  readonly watch: ReturnType<typeof watchFor>
  readonly stop: Stop
  readonly after: BrokerWorld['after']
}

function clusterOf(
  world: BrokerWorld,
  kafka: KafkaPackage,
  { address, file }: Pick<Cluster, 'address' | 'file'>,
): Cluster {
  const stop = createStop()
  const state: State = {
    ...{ kafka, address, stop, after: world.after, nodes: new Map(), leaders: new Map(), coordinators: new Map() },
    pools: {
      main: poolOf(kafka, address, SILENT_MS),
      group: poolOf(kafka, address, REBALANCE_MS + SILENT_MS),
      fetch: poolOf(kafka, address, SILENT_MS),
    },
    watch: watchFor(world, address.place),
  }
  const call: Cluster['call'] = (target, run, purpose) => askWatched(state, target, run, purpose)
  const persist = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    for (let tries = 0; ; tries++) {
      try {
        return await ask()
      } catch (error) {
        if (stop.isStopped || !failureOf(error).isPassing) throw error
        await waitFor(world, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]!, stop)
      }
    }
  }
  return {
    ...{ kafka, call, stop, address, file, place: address.place, isConnected: state.watch.isUp },
    connecting: connectingTo(address, SILENT_MS),
    topics: (names) => persist(() => readTopics(state, names)),
    persist: (target, run, purpose) => persist(() => call(target, run, purpose)),
    async leaderOf(topic, partition) {
      for (let looks = 1; ; looks++) {
        const leader = state.leaders.get(`${topic}:${partition}`)
        if (leader !== undefined) return leader
        const [found] = await persist(() => readTopics(state, [topic]))
        const isThere = found !== undefined && found.partitions.length > partition
        if (!isThere && looks >= MOST_LOOKS) throw missing(address.place, topic)
        if (!state.leaders.has(`${topic}:${partition}`)) await waitFor(world, LOOK_MS, stop)
        if (stop.isStopped) throw new Error('the connection is closed')
      }
    },
    forget: () => forget(state),
    pause: (ms) => waitFor(world, ms, stop),
    close() {
      stop.stop()
      for (const pool of Object.values(state.pools)) void pool.close().catch(() => {})
    },
  }
}

function missing(place: string, topic: string): AttakError {
  return new AttakError('BROKER_FAILED', `the broker ${place} has no topic ${topic}`, 'Start a worker, which makes it.')
}

async function askWatched<Answer>(
  state: State,
  target: Target,
  run: (connection: Connection) => Promise<Answer>,
  purpose?: Purpose,
): Promise<Answer> {
  const { watch, stop } = state
  if (stop.isStopped) throw new Error('the connection is closed')
  try {
    const answer = await askOnce(state, target, run, purpose)
    watch.up()
    return answer
  } catch (error) {
    const { isLost, isMoved } = failureOf(error)
    if (isLost || isMoved) forget(state)
    if (!isLost) watch.up()
    else if (!stop.isStopped) watch.down()
    throw error
  }
}

async function askOnce<Answer>(
  state: State,
  target: Target,
  run: (connection: Connection) => Promise<Answer>,
  purpose: Purpose = 'main',
): Promise<Answer> {
  const nodes = await nodesOf(state, target)
  const limitMs = (purpose === 'group' ? REBALANCE_MS : 0) + 2 * SILENT_MS
  const connection = await inTime(state, limitMs, state.pools[purpose].getFirstAvailable([...nodes]))
  try {
    return await inTime(state, limitMs, run(connection))
  } catch (error) {
    // What comes late would be taken for the next answer.
    if ((error as Error).message === 'Request timed out') void connection.close().catch(() => {})
    throw error
  }
}

/** The limits of the client begin when a request is sent: one that waits for a connection that is lost might never end. */
function inTime<Value>({ after }: State, ms: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error('Request timed out'), { code: 'PLT_KFK_TIMEOUT' })
    const cancel = after(ms, () => reject(late))
    work.then(resolve, reject).finally(cancel)
  })
}

async function nodesOf(state: State, target: Target): Promise<readonly Node[]> {
  const { nodes, address, coordinators, kafka } = state
  if (target.kind === 'any') return [...nodes.values(), ...address.nodes]
  if (target.kind === 'node') {
    if (!nodes.has(target.id)) await readTopics(state, [])
    return [nodes.get(target.id) ?? address.nodes[0]!]
  }
  const name = `${target.kind} ${target.id}`
  const known = coordinators.get(name)
  if (known !== undefined) return [known]
  const type = target.kind === 'group' ? 0 : 1
  const found = await askOnce(state, { kind: 'any' }, (connection) =>
    kafka.findCoordinatorV4.api.async(connection, type, [target.id]),
  )
  const { host, port } = found.coordinators[0]!
  coordinators.set(name, { host, port })
  return [{ host, port }]
}

async function readTopics(state: State, names: readonly string[] | null) {
  const { kafka, nodes, leaders } = state
  const { brokers, topics } = await askWatched(state, { kind: 'any' }, (connection) =>
    kafka.metadataV11.api.async(connection, names === null ? null : [...names], false).catch((error) => {
      // A topic that is not there is an answer, too.
      const { response } = error as { readonly response?: Kafka.metadataV11.MetadataResponse }
      if (response === undefined) throw error
      return response
    }),
  )
  nodes.clear()
  for (const { nodeId, host, port } of brokers) nodes.set(nodeId, { host, port })
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, leaderId } of partitions) {
      if (leaderId >= 0) leaders.set(`${name}:${partitionIndex}`, leaderId)
    }
  }
  return topics
}

function forget({ leaders, coordinators }: State): void {
  leaders.clear()
  coordinators.clear()
}

/** Tells when the connection is lost, and when it is there again. */
function watchFor({ tell }: BrokerWorld, place: string) {
  let state: 'new' | 'up' | 'lost' = 'new'
  return {
    isUp: () => state === 'up',
    up() {
      if (state === 'lost') tell(`Connected to ${place} again.`, 'info')
      state = 'up'
    },
    down() {
      if (state !== 'up') return
      tell(`The connection to ${place} is lost. attak connects again; nothing is handled meanwhile.`, 'warn')
      state = 'lost'
    },
  }
}
