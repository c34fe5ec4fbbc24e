// What the benchmarks call of attak, the way its commands do.
import { raiseInlining } from '../src/cli/simulate/inlining.ts'

export { bakeEntry } from '../src/bundle/entry/bake.ts'
export { createEntry } from '../src/bundle/entry/entry.ts'
export { processHost } from '../src/bundle/entry/host.ts'
export { KINESIS_LIMITS, kinesisReceiver } from '../src/carriers/kinesis/transport.ts'
export { blocksToFile } from '../src/cli/simulate/blocks.ts'
export { readJsonLines } from '../src/project/json-lines.ts'
export { readBlocks } from '../src/project/lines.ts'
export { buildGraph, parseTopology } from '../src/project/parse.ts'
export { encodeMessage } from '../src/runtime/event.ts'
export { createPack } from '../src/runtime/pack.ts'
export { recordLines } from '../src/simulator/json-lines.ts'
export { recordEntries } from '../src/simulator/recorder.ts'
export { simulate } from '../src/simulator/simulate.ts'

raiseInlining()
