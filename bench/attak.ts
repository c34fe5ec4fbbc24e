// What the benchmarks call of attak, the way its commands do.
export { buildGraph } from '../src/graph/build.ts'
export { simulate } from '../src/simulator/simulate.ts'
export { parseTopology } from '../src/topology/parse.ts'
