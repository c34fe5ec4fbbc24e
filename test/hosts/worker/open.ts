import { onTestFinished } from 'vitest'
import { after } from '../../../src/hosts/after.ts'
import { openEmbedded, type RunningTopology } from '../../../src/hosts/worker/embedded.ts'
import type { EmbeddedParts } from '../../../src/hosts/worker/engine.ts'
import { buildGraph } from '../../../src/project/parse.ts'
import { describeThrown } from '../../../src/runtime/thrown.ts'
import type { WorkerHost } from '../../../src/runtime/worker-host.ts'
import { createLog } from '../../../src/runtime/worker-log.ts'
import { createFakeStore, type FakeStore, recordsIn } from '../../contract/fake-store.ts'
import { inlineProcessors, parsedOf } from '../../contract/graph.ts'

/** A topology that runs in this process, and what it wrote. */
export interface Opened extends RunningTopology {
  /** The log lines so far. */
  lines(): readonly Record<string, unknown>[]
  /** `<processor>: <message>` of each error record. */
  errors(): readonly string[]
}

/** Opens a topology of inline processors. */
export function openTopology(
  definition: Record<string, unknown>,
  { store = createFakeStore(), ...parts }: Partial<Omit<EmbeddedParts, 'store'>> & { readonly store?: FakeStore } = {},
): Opened {
  const topology = parsedOf({ name: 'test', ...definition })
  const processors = inlineProcessors(topology)
  let text = ''
  const host = hostTo((more) => {
    text += more
  })
  const log = createLog(host, 'debug')
  const embedded = openEmbedded({
    ...{ graph: buildGraph(topology, { stage: 'dev' }), processors, host, log, store },
    ...{ concurrency: 256, seed: 'test' },
    ...parts,
  })
  onTestFinished(embedded.close)
  return Object.defineProperties(
    {
      lines() {
        log.flush()
        return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
      },
      errors: () => recordsIn(store).map(({ processor, error }) => `${processor}: ${error.message}`),
    },
    Object.getOwnPropertyDescriptors(embedded),
  ) as unknown as Opened
}

function hostTo(write: (text: string) => void): WorkerHost {
  return {
    ...{ console, write, now: () => Date.now(), random: Math.random, describe: describeThrown, onUncaught: () => {} },
    after,
  }
}
