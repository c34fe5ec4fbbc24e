import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestDriver } from 'attak/testing'
import type { Host } from '../../src/cli/host.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import type { Case } from './case.ts'
import { definitionOf } from './definition.ts'
import { lateTimers, type Probed } from './handler.ts'

/** What to run, and how: with the test driver, or as `attak simulate --json` does. */
export interface CaseOrder {
  readonly subject: Case
  readonly how: 'driver' | 'simulate'
  readonly flags: readonly string[]
}

/** What one run of a case gave. */
export interface CaseRun {
  /** The lines of the transcript; the driver's has neither the first nor the last. */
  readonly transcript: readonly string[]
  readonly probed: readonly Probed[]
  readonly records: readonly CaseRecord[]
  /** Why it did not run to its end. */
  readonly failure?: string
}

/** An error record that the run left behind. */
export interface CaseRecord {
  readonly id: string
  readonly kind: string
  readonly processor: string
  readonly message: string
}

interface CommandLine {
  readonly main: (argv: readonly string[], host: Host) => Promise<number>
  readonly hostOf: (process: NodeJS.Process) => Host
}

const { main, hostOf } = (await import(process.argv[2]!)) as CommandLine
const host = hostOf(process)

async function runByDriver({ subject }: CaseOrder): Promise<CaseRun> {
  const probed: Probed[] = []
  const { input, ...definition } = definitionOf(subject, (one) => probed.push(one))
  const driver = await createTestDriver(definition)
  await driver.sendAll(input)
  await driver.drain()
  await lateTimers()
  const transcript = driver.transcript.map((entry) => JSON.stringify(entry))
  const records = driver.errors.map(({ processor, message, record }) => ({
    id: record.id,
    kind: record.kind,
    processor,
    message,
  }))
  await driver.close()
  return { transcript, probed, records }
}

async function runByCommand({ subject, flags }: CaseOrder): Promise<CaseRun> {
  const probed: Probed[] = []
  const cwd = mkdtempSync(join(process.cwd(), 'case-'))
  Object.assign(globalThis, { attakCase: definitionOf(subject, (one) => probed.push(one)) })
  writeFileSync(join(cwd, 'topology.js'), 'export default globalThis.attakCase\n')
  const ran = await command(cwd, ['simulate', '--json', ...flags])
  // A separate process would have ended by now, and with it what handlers left behind.
  const ignore = () => {}
  process.on('uncaughtException', ignore)
  await lateTimers()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('uncaughtException', ignore)
  const listed = await command(cwd, ['errors', 'list', '--simulated', '--json'])
  const kept = JSON.parse(listed.out) as (Omit<CaseRecord, 'message'> & { readonly message: { readonly id: string } })[]
  const records = kept.map(({ id, kind, processor, message }) => ({ id, kind, processor, message: message.id }))
  const transcript = ran.out.trimEnd().split('\n')
  const failed = ran.code > 1 || !ran.out.includes('"summary"')
  return { transcript, probed, records, ...(failed && { failure: `exit code ${ran.code}: ${ran.out} ${ran.err}` }) }
}

let written = { out: '', err: '' }
// What a command said before it ended the process.
process.on('exit', () => process.stderr.write(`${written.out.slice(-2000)}${written.err}`))

async function command(cwd: string, argv: readonly string[]) {
  written = { out: '', err: '' }
  const terminal = (name: 'out' | 'err'): Terminal => {
    const write = (text: string) => {
      written[name] += text
      return true
    }
    return {
      write,
      tell: write,
      writeJson: write,
      drained: () => Promise.resolve(),
      isClosed: false,
      failure: undefined,
      isTTY: false,
      columns: 80,
      color: false,
    }
  }
  const own = Object.create(host, {
    cwd: { value: cwd, enumerable: true },
    out: { value: terminal('out'), enumerable: true },
    err: { value: terminal('err'), enumerable: true },
  }) as Host
  const code = await main(argv, own)
  return { code, ...written }
}

process.on('message', async (order: CaseOrder) => {
  try {
    process.send!(await (order.how === 'driver' ? runByDriver(order) : runByCommand(order)))
  } catch (error) {
    const failure = String((error as Error).stack ?? error)
    process.send!({ failure, transcript: [], probed: [], records: [] } satisfies CaseRun)
  }
})
