import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { INSTALLS } from './install.ts'
import { startServer, type TestServer } from './process.ts'

const HOST = '127.0.0.1'

/** Starts Redis. It keeps an append-only file, so a restart finds its data. `args` are added to its command line. */
export function startRedis({ args = [] }: { readonly args?: readonly string[] } = {}): Promise<TestServer> {
  return startServer({
    name: 'redis',
    ports: 1,
    url: (port) => `redis://${HOST}:${port}`,
    prepare: (folder, [port]) => ({
      program: INSTALLS.redis(),
      args: [
        ...['--bind', HOST, '--port', String(port), '--dir', folder, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', ...args],
      ],
      // An error is an answer too: it may ask for a password.
      ready: () => asked(port!, Buffer.from('PING\r\n'), /^(?:\+PONG|-NOAUTH)/),
    }),
  })
}

/** How Kafka is started. */
export interface KafkaOptions {
  /** The port that clients are told to connect to, by Kafka's own port: that of a proxy. Default: its own. */
  readonly advertise?: (port: number) => Promise<number>
  /** Opens a proxy of a second port, and returns the proxy's port: clients that connect by way of it stay with it. */
  readonly proxied?: (port: number) => Promise<number>
  /** Lines of server.properties. */
  readonly properties?: readonly string[]
}

/** Starts Kafka: one node without ZooKeeper. Topics are not made by their first use. The URL has no scheme. */
export function startKafka({ advertise, proxied, properties = [] }: KafkaOptions = {}): Promise<TestServer> {
  return startServer({
    name: 'kafka',
    ports: 3,
    url: (port) => `${HOST}:${port}`,
    prepare: async (folder, [port, controller, second]) => {
      const lib = INSTALLS.kafka()
      const listeners = [
        { name: 'PLAINTEXT', port: port!, advertised: (await advertise?.(port!)) ?? port! },
        ...(proxied === undefined ? [] : [{ name: 'PROXIED', port: second!, advertised: await proxied(second!) }]),
      ]
      const file = join(folder, 'server.properties')
      writeFileSync(file, [...kafkaProperties(folder, controller!, listeners), ...properties].join('\n'))
      const java = (args: readonly string[]) => [
        ...['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${lib}/*`, ...args],
      ]
      const format = ['kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAQACAAAAAAAAAAQ', '-c', file]
      execFileSync('java', java(format), { stdio: ['ignore', 'ignore', 'pipe'] })
      return {
        program: 'java',
        args: java(['kafka.Kafka', file]),
        ready: () => asked(port!, API_VERSIONS),
      }
    },
  })
}

/** A request for the versions that Kafka speaks, with its length before it. Source: kafka.apache.org/protocol, read 2026-11-29. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex')

interface Listener {
  readonly name: string
  readonly port: number
  /** The port that clients of this one are told to connect to. */
  readonly advertised: number
}

function kafkaProperties(folder: string, controller: number, listeners: readonly Listener[]): readonly string[] {
  return [
    ...['process.roles=broker,controller', 'node.id=1', `log.dirs=${join(folder, 'data')}`],
    `controller.quorum.voters=1@${HOST}:${controller}`,
    `listeners=${listeners.map(({ name, port }) => `${name}://${HOST}:${port},`).join('')}CONTROLLER://${HOST}:${controller}`,
    `advertised.listeners=${listeners.map(({ name, advertised }) => `${name}://${HOST}:${advertised}`).join()}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    ...['controller.listener.names=CONTROLLER', 'auto.create.topics.enable=false'],
    ...['offsets.topic.replication.factor=1', 'offsets.topic.num.partitions=4'],
    ...['transaction.state.log.replication.factor=1', 'transaction.state.log.min.isr=1'],
    ...['transaction.state.log.num.partitions=4', 'share.coordinator.state.topic.replication.factor=1'],
    ...[
      'share.coordinator.state.topic.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      'group.min.session.timeout.ms=1000',
    ],
    // After a kill, Kafka waits for the end of its own former session.
    ...['broker.session.timeout.ms=2000', 'broker.heartbeat.interval.ms=500'],
    ...['log.cleaner.dedupe.buffer.size=4194304', 'num.network.threads=2', 'num.io.threads=2'],
  ]
}

/** Starts RabbitMQ. `config` holds lines of rabbitmq.conf. */
export function startRabbit({ config = [] }: { readonly config?: readonly string[] } = {}): Promise<TestServer> {
  return startServer({
    name: 'rabbitmq',
    ports: 3,
    url: (port) => `amqp://guest:guest@${HOST}:${port}`,
    prepare: (folder, [port, distribution, names]) => {
      writeFileSync(join(folder, 'rabbitmq.conf'), [`listeners.tcp.local = ${HOST}:${port}`, ...config].join('\n'))
      // Erlang's name server; RabbitMQ would leave one behind.
      const erlang = { ERL_EPMD_PORT: String(names), ERL_EPMD_ADDRESS: HOST }
      return {
        program: INSTALLS.rabbit(),
        args: [],
        env: { ...erlang, ...rabbitPlaces(folder), RABBITMQ_DIST_PORT: String(distribution) },
        beside: { program: 'epmd', args: ['-port', String(names), '-address', HOST], env: erlang },
        ready: () => asked(port!, Buffer.from('AMQP\0\0\x09\x01', 'latin1')),
      }
    },
  })
}

function rabbitPlaces(folder: string): Readonly<Record<string, string>> {
  return {
    RABBITMQ_NODENAME: 'rabbit@localhost',
    // With it the script becomes the server, so that a signal reaches the server.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'none.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: '-',
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'config'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'features'),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, 'expanded'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} -noinput',
  }
}

/** A connection that goes through toxiproxy. */
export interface Proxy {
  readonly port: number
  /** Adds a toxic, as toxiproxy's documentation has them; returns what removes it. */
  toxic(type: string, attributes: object, stream?: 'upstream' | 'downstream'): Promise<() => Promise<void>>
  /** Cuts all connections and refuses new ones, or lets them through again. */
  enable(isEnabled: boolean): Promise<void>
}

/** toxiproxy, which makes connections slow or broken. */
export interface Toxiproxy extends TestServer {
  /** Opens a port that leads to another port of this machine. */
  proxy(upstream: number): Promise<Proxy>
}

/** Starts toxiproxy. A restart forgets its proxies. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const server = await startServer({
    name: 'toxiproxy',
    ports: 1,
    url: (port) => `http://${HOST}:${port}`,
    prepare: (_folder, [port]) => ({
      program: INSTALLS.toxiproxy(),
      args: ['-host', HOST, '-port', String(port)],
      ready: async () => void (await sent(`http://${HOST}:${port}/version`, 'GET')),
    }),
  })
  let count = 0
  return { ...server, proxy: (upstream) => openProxy(server.url, `proxy-${count++}`, upstream) }
}

async function openProxy(url: string, name: string, upstream: number): Promise<Proxy> {
  const body = { name, listen: `${HOST}:0`, upstream: `${HOST}:${upstream}`, enabled: true }
  const { listen } = (await sent(`${url}/proxies`, 'POST', body)) as { readonly listen: string }
  const own = `${url}/proxies/${name}`
  // Enabled again, it must listen on the same port.
  await sent(own, 'POST', { ...body, listen })
  return {
    port: Number(listen.split(':').at(-1)),
    async toxic(type, attributes, stream = 'downstream') {
      const toxic = (await sent(`${own}/toxics`, 'POST', { type, stream, attributes })) as { readonly name: string }
      return async () => void (await sent(`${own}/toxics/${toxic.name}`, 'DELETE'))
    },
    enable: async (enabled) => void (await sent(own, 'POST', { enabled })),
  }
}

async function sent(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Sends bytes to a port of this machine, and waits for an answer. Rejects if it does not come. */
function asked(port: number, bytes: Buffer, answer = /./s): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST, () => socket.write(bytes))
    let got = ''
    const end = (error?: Error) => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.setTimeout(2000, () => end(new Error(`no answer on port ${port}: ${got}`)))
    socket.on('error', end)
    socket.on('close', () => reject(new Error(`closed: ${got}`)))
    socket.on('data', (data) => {
      got += data.toString('latin1')
      if (answer.test(got)) end()
    })
  })
}
