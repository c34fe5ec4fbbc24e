import { type Copies, openCopies } from '../../../src/cli/errors/copies.ts'
import type { Errors } from '../../../src/cli/errors/open.ts'
import { loadStage, processorsOf } from '../../../src/cli/stage.ts'
import { openStage } from '../../../src/clouds/aws/account.ts'
import { openAws } from '../../../src/clouds/aws/open.ts'
import type { ErrorRecord } from '../../../src/runtime/error-record.ts'
import { openFileStore } from '../../../src/stores/file/store.ts'
import { recordOf } from '../../contract/error-record.ts'
import { createFakeReader, type FakeReader } from '../../contract/fake-error-reader.ts'
import { messageOf } from '../../contract/message.ts'
import { type Answers, type FakeAws, startFakeAws } from '../fake-aws.ts'
import { fakeHost, type HostOptions, type Ran } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

/** What a test of the commands on errors works with. */
export interface ErrorsWorld {
  readonly store: FakeReader
  readonly copies: Copies
  readonly aws: FakeAws
  /** Runs one command on it, as a command line that says these options. */
  run(
    command: ErrorsCommand,
    args?: readonly string[],
    options?: Record<string, string | boolean | string[]>,
  ): Promise<Ran>
  /** CloudEvents that functions were invoked with, by function. */
  invoked(): readonly (readonly [name: string, event: Record<string, unknown>])[]
}

type ErrorsCommand = (
  errors: Errors,
  args: { positionals: readonly string[]; options: Record<string, string | boolean | string[] | undefined> },
  host: ReturnType<typeof fakeHost>,
) => Promise<number>

/** Two processors; `b` takes orders with a number. */
export const ORDERS = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const input = { '~standard': { version: 1, vendor: 'test', validate: (value) =>
  typeof value?.order === 'number' ? { value } : { issues: [{ message: 'must be a number', path: ['order'] }] } } }
export default {
  name: 'orders',
  processors: {
    a: (event, context) => context.emit('t', event),
    b: { handler: (event, context) => { if (event.order < 0) throw new Error('negative'); return context.emit('billed', event.order) }, input },
  },
  streams: [['a', 'b', 't']],
}
`,
}

/** When tests are: a minute after most records. */
export const NOW_MS = Date.UTC(2026, 10, 21, 14)

/** A record of an order that failed in `b`. */
export function failed(order: unknown, said: Partial<ErrorRecord> = {}): ErrorRecord {
  const id = `${order}`.charCodeAt(0).toString(16).padStart(2, '0').repeat(16)
  const error = Object.assign(new Error(`no stock for ${order}`), { stack: `Error: no stock\n    at b (b.js:1:1)` })
  const message = messageOf({
    id,
    data: { order },
    topic: 't',
    root: { seed: '', position: 0, pending: 0, id: 'ff'.repeat(16) },
  })
  return { ...recordOf({ message, error, timeMs: NOW_MS - 60_000 }), ...said }
}

/** Opens a project and what is wrong on its stage. */
export async function worldOf(
  records: readonly ErrorRecord[],
  { answers = {}, files = {}, host: said = {} as HostOptions } = {} as {
    answers?: Answers
    files?: Record<string, unknown>
    host?: HostOptions
  },
): Promise<ErrorsWorld> {
  const aws = await startFakeAws({
    'POST functions/orders--dev--b/invocations': {},
    FilterLogEvents: { events: [] },
    ...answers,
  })
  const folder = folderOf({ ...ORDERS, ...files } as Parameters<typeof folderOf>[0])
  const store = createFakeReader(records)
  const copies = openCopies(openFileStore(`${folder}/.attak/errors/dev/orders.jsonl`), NOW_MS)
  let ms = 0
  return {
    store,
    copies,
    aws,
    async run(command, positionals = [], options = {}) {
      const host = { ...fakeHost(folder, { env: aws.env, ...said }), now: () => (ms += 20_000), date: () => NOW_MS }
      const stage = await loadStage({ positionals: [], options }, host)
      const opened = await openAws({ region: 'eu-west-1', endpoint: aws.env.AWS_ENDPOINT_URL! }, host.now)
      const live = openStage(opened, stage.scope, stage.project.graph)
      const place = 'orders (dev) in eu-west-1 of account 123456789012'
      try {
        return host.ran(
          await command(
            { place, stage, processors: processorsOf(stage.project), live, store, copies },
            { positionals, options },
            host,
          ),
        )
      } finally {
        opened.close()
      }
    },
    invoked: () =>
      aws.calls.flatMap(({ action, body }) => {
        const name = /^POST functions\/(.*)\/invocations$/.exec(action)?.[1]
        return name === undefined ? [] : [[name, JSON.parse(body)] as const]
      }),
  }
}
