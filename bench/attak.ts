// What the benchmarks call of attak, the way its commands do.
import { raiseInlining } from '../src/cli/simulate/inlining.ts'

export { blocksToFile } from '../src/cli/simulate/blocks.ts'
export { buildGraph } from '../src/graph/build.ts'
export { readJsonLines } from '../src/project/json-lines.ts'
export { readBlocks } from '../src/project/lines.ts'
export { recordLines } from '../src/simulator/json-lines.ts'
export { recordInMemory } from '../src/simulator/memory-transcript.ts'
export { simulate } from '../src/simulator/simulate.ts'
export { parseTopology } from '../src/topology/parse.ts'

raiseInlining()
