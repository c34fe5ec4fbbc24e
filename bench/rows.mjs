const EVENTS = 1_000_000
const HELLO_WORLD = 'examples/hello-world'

const throughput = (engine, shape, more = {}) => ({ kind: 'throughput', engine, shape, events: EVENTS, ...more })
const command = (...argv) => ({ kind: 'command', argv })
const SIZES = ['100B', '1KB']
const pipeline = (engine, size) => ({ kind: 'pipeline', engine, size })
const firstEmit = (sender, more = {}) => ({ kind: 'first-emit', sender, ...more })
const wrapper = (pack, more = {}) => ({ kind: 'wrapper', wrapper: 'attak', pack, ...more })
const faster = (what, ours, peer, atLeast) => ({ what, ours, peer, by: 'peer/ours', goal: { atLeast } })
const bundling = (how, imports) => ({ kind: 'bundling', how, imports, processors: 100 })
/** Each step to twice as much, from one to the other. */
function steps(of, from, to) {
  const made = []
  for (let n = from; n < to; n *= 2) {
    made.push(costs(`${of}: ${n} to ${2 * n}`, { kind: 'growth', of, n: 2 * n }, { kind: 'growth', of, n }, 3))
  }
  return made
}
const onBroker = (worker, pack) => ({ kind: 'broker', worker, pack, events: 100_000 })
const costs = (what, ours, peer, atMost) => ({ what, ours, peer, by: 'ours/peer', goal: { atMost } })

/**
 * The rows as data. A comparison measures `ours` and `peer` in each round and takes their ratio; jobs that several
 * comparisons of a row share are run once a round. Without a goal a comparison only informs.
 */
export const ROWS = [
  {
    id: 'J1',
    what: 'Parse a JSON line, enrich, aggregate over 10,000 keys: 200,000 events from a file, whole processes; against a loop by hand',
    unit: 'ns/event',
    comparisons: SIZES.map((size) => costs(size, pipeline('attak', size), pipeline('loop', size), 2.2)),
  },
  {
    id: 'J2',
    what: 'The same, against RxJS with a JSON copy for each receiver',
    unit: 'ns/event',
    comparisons: SIZES.map((size) =>
      faster(size, pipeline('attak', size), pipeline('rxjs', size), size === '100B' ? 1.5 : 1.8),
    ),
  },
  {
    id: 'J4',
    what: 'The same, with one event in ten that fails once and is retried; against itself without failures',
    unit: 'ns/event',
    comparisons: SIZES.map((size) => costs(size, pipeline('retrying', size), pipeline('attak', size), 1.25)),
  },
  {
    id: 'S1',
    what: 'Dispatch: routing, settling once, accounting for each input; sync handlers, no copy, no transcript',
    unit: 'ns/input',
    comparisons: ['linear', 'fan', 'diamond', 'chain20'].flatMap((shape) => {
      const ours = throughput('attak', shape, { copy: 'none' })
      const isLine = shape === 'linear' || shape === 'chain20'
      const peers = ['rxjs', 'promise-per-hop', 'fastq', 'raw-calls']
      return [
        ...(isLine ? [costs(`${shape}: the same duties by hand`, ours, throughput('duties', shape), 1.25)] : []),
        ...peers.map((peer) => costs(`${shape}: ${peer}`, ours, throughput(peer, shape))),
      ]
    }),
  },
  {
    id: 'S2',
    what: 'The default: every consumer owns a copy equal to a JSON round trip; against the same engine copying by JSON.parse(JSON.stringify()), and RxJS, which copies nothing',
    unit: 'ns/input',
    comparisons: ['linear', 'fan', 'diamond', 'chain20'].flatMap((shape) => [
      ...['100B', '1KB'].map((size) =>
        faster(
          `${shape}, ${size}: JSON copies`,
          throughput('attak', shape, { size }),
          throughput('attak', shape, { size, copy: 'json' }),
          8,
        ),
      ),
      faster(
        `${shape}, 100B: rxjs`,
        throughput('attak', shape, { size: '100B' }),
        throughput('rxjs', shape, { size: '100B' }),
      ),
    ]),
  },
  {
    id: 'S3',
    what: 'Handlers that settle in a later turn of the event loop, 2048 in flight, no copy; ours always knows whose console line it is, a tracked peer too',
    unit: 'ns/input',
    comparisons: ['linear', 'chain20'].flatMap((shape) =>
      ['callback', 'async'].flatMap((style) => {
        const job = { style, inFlight: 2048 }
        const peer = style === 'async' ? 'promise-per-hop' : 'callback-per-hop'
        const ours = throughput('attak', shape, { ...job, copy: 'none' })
        const tracked = throughput(peer, shape, { ...job, tracked: true })
        return [
          faster(`${shape}, ${style} handlers: ${peer}`, ours, throughput(peer, shape, job)),
          faster(`${shape}, ${style} handlers: ${peer}, tracked`, ours, tracked, 1.5),
        ]
      }),
    ),
  },
  {
    id: 'S4',
    what: 'Against coordinated engines, linear, with copies. Quoted, not run here: Wing simulator 150 events/s, BullMQ 4,000',
    unit: 'ns/input',
    comparisons: [faster('linear: node-red', throughput('attak', 'linear'), throughput('node-red', 'linear'), 100)],
  },
  {
    id: 'S5',
    what: 'A run whose transcript goes to a file, against the same run whose entries go there by JSON.stringify',
    unit: 'ns/input',
    comparisons: ['linear', 'chain20'].map((shape) =>
      costs(
        shape,
        throughput('attak', shape, { transcript: 'file' }),
        throughput('attak', shape, { transcript: 'stringify' }),
        1.2,
      ),
    ),
  },
  {
    id: 'M2',
    what: 'A million messages waiting: heap beside their data',
    unit: 'B/message',
    comparisons: [
      {
        what: 'waiting: a promise each',
        ours: { kind: 'waiting', holder: 'attak' },
        peer: { kind: 'waiting', holder: 'promises' },
        by: 'peer/ours',
        goal: { oursAtMost: 120 },
      },
      {
        what: 'in retry backoff: a promise each',
        ours: { kind: 'waiting', holder: 'retries' },
        peer: { kind: 'waiting', holder: 'promises' },
        by: 'peer/ours',
        goal: { oursAtMost: 300 },
      },
    ],
  },
  {
    id: 'G2',
    what: 'The text of an event grows to twice its size: a message that is read from JSON and passed on once',
    unit: 'ns/event',
    comparisons: steps('bytes', 128, 1024 * 512),
  },
  {
    id: 'G3',
    what: 'Something else grows to twice its size, against the same before',
    unit: 'ns/event',
    comparisons: [
      ...steps('fields', 1, 1024),
      ...steps('hops', 1, 8192),
      ...steps('receivers', 1, 8192),
      ...steps('keys', 1024, 1024 * 1024),
      ...steps('failing', 12.5, 100),
    ],
  },
  {
    id: 'I1',
    what: 'JSON lines in, half a million of 100 B',
    unit: 'ns/line',
    comparisons: [
      faster(
        'bare splitting and JSON.parse',
        { kind: 'lines', reader: 'attak' },
        { kind: 'lines', reader: 'bare' },
        0.9,
      ),
      faster(
        'readline and JSON.parse',
        { kind: 'lines', reader: 'attak' },
        { kind: 'lines', reader: 'readline' },
        1.15,
      ),
    ],
  },
  {
    id: 'B1',
    what: 'Whole processes against node -e 0',
    unit: 'ms',
    comparisons: [
      costs('attak --help', command('bin/attak.js', '--help'), command('-e', '0'), 1.6),
      costs('attak simulate, hello-world', command('bin/attak.js', 'simulate', HELLO_WORLD), command('-e', '0'), 2),
    ],
  },
  {
    id: 'B2',
    what: 'Other commands before any network',
    unit: 'ms',
    comparisons: [
      costs('attak graph, hello-world', command('bin/attak.js', 'graph', HELLO_WORLD), command('-e', '0')),
      costs('attak check, hello-world', command('bin/attak.js', 'check', HELLO_WORLD), command('-e', '0')),
    ],
  },
  {
    id: 'C1',
    what: 'Bundling and zipping 100 TypeScript processors, each with three modules that all share; against one esbuild.build and zip for each, one after the other',
    unit: 'ms',
    comparisons: [
      faster('own code alone', bundling('attak', 'own'), bundling('naive', 'own'), 8),
      faster('all with zod', bundling('attak', 'zod'), bundling('naive', 'zod'), 8),
      faster('half with zod, a tenth with an AWS client', bundling('attak', 'mixed'), bundling('naive', 'mixed'), 8),
    ],
  },
  {
    id: 'C3',
    what: 'A first deploy, on a virtual clock, with at most 15 calls in any second: what it takes beside waiting, against its calls / 15 s',
    unit: 'ms',
    comparisons: [10, 100].map((processors) =>
      costs(
        `${processors} processors`,
        { kind: 'deploy', processors, time: 'spent' },
        { kind: 'deploy', processors, time: 'limit' },
        1.3,
      ),
    ),
  },
  {
    id: 'D3',
    what: 'What a million events cost in Kinesis, counted: one emit for each input, in flushes of 250 (requests: of 1000), against bare events sent one a record',
    unit: 'per 1M events',
    comparisons: [
      ...[
        ['100B', 100_000, 1 / 100],
        ['1KB', 20_000, 1 / 15],
        ['10KB', 4_000, 1 / 2],
      ].map(([size, events, atMost]) =>
        costs(
          `PUT payload units, ${size}: PutRecords`,
          { kind: 'puts', sender: 'attak', count: 'units', size, events, flush: 250 },
          { kind: 'puts', sender: 'put-records', count: 'units', size, events },
          atMost,
        ),
      ),
      costs(
        'requests, 100B: PutRecord',
        { kind: 'puts', sender: 'attak', count: 'requests', size: '100B', events: 100_000, flush: 1000 },
        { kind: 'puts', sender: 'put-record', count: 'requests', size: '100B', events: 100_000 },
        1 / 1000,
      ),
    ],
  },
  {
    id: 'D4',
    what: 'Sending 500 events of 100 B from one handler, processor time of the sender, and reading 500 again',
    unit: 'µs/500 events',
    comparisons: [
      costs(
        'sending: PutRecords by the SDK',
        { kind: 'calls', client: 'attak' },
        { kind: 'calls', client: 'sdk' },
        0.4,
      ),
      faster(
        'reading: bare JSON.parse, one event a record',
        { kind: 'decode', reader: 'attak' },
        { kind: 'decode', reader: 'one-a-record' },
        1.3,
      ),
    ],
  },
  {
    id: 'D1',
    what: 'A deployed function: what its import and first emit take, to a server in this machine, beyond an empty module',
    unit: 'ms',
    comparisons: [
      costs('import and first emit: the bundled SDK', firstEmit('attak'), firstEmit('sdk'), 0.33),
      costs('import and first emit: one bare request, by what Node has', firstEmit('attak'), firstEmit('bare')),
    ],
  },
  {
    id: 'D1',
    what: 'A deployed function: bytes of all that is ours in it, minified',
    unit: 'B',
    comparisons: [
      {
        what: 'size: the bundled SDK client',
        ours: firstEmit('attak', { size: true }),
        peer: firstEmit('sdk', { size: true }),
        by: 'peer/ours',
        goal: { atLeast: 5 },
      },
    ],
  },
  {
    id: 'D2',
    what: 'A deployed function: CPU for each message of records with 25 and with 1, up to the transport, against a loop that decodes, parses and stringifies',
    unit: 'ns/message',
    comparisons: [25, 1].flatMap((pack) => {
      const bare = { kind: 'wrapper', wrapper: 'bare', pack }
      return [
        costs(`${pack} a record: bare loop`, wrapper(pack), bare, 1.1),
        costs(`${pack} a record, no lines for what went well: bare loop`, wrapper(pack, { log: 'WARN' }), bare),
      ]
    }),
  },
  {
    id: 'W1',
    what: 'A worker over Redis: processor time for each message of three hops, 100 B, delivered at least once; records of 25 messages',
    unit: 'ns/message',
    comparisons: [
      costs('a bare loop over ioredis', onBroker('attak', 25), onBroker('bare', 25), 1.43),
      faster('BullMQ (10,000 events)', onBroker('attak', 25), { ...onBroker('bullmq'), events: 10_000 }, 40),
      costs('1 a record: a bare loop', onBroker('attak', 1), onBroker('bare', 1)),
    ],
  },
  {
    id: 'W4',
    what: 'The job of J1 by attak run, in real time, each event acknowledged when all that it caused is done; against attak simulate',
    unit: 'ns/event',
    comparisons: SIZES.map((size) => costs(size, pipeline('embedded', size), pipeline('attak', size), 2)),
  },
  {
    id: 'W5',
    what: 'Two workers over Redis against one, where handlers wait 20 ms and a worker runs 16 at once: time from the first message to the last',
    unit: 'µs/message',
    comparisons: [
      faster(
        'one worker',
        { kind: 'workers', workers: 2, events: 4000 },
        { kind: 'workers', workers: 1, events: 4000 },
        1.7,
      ),
    ],
  },
]
