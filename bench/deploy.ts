// What row C3 calls: deploys to a cloud in memory, on a clock that no time passes for.
export { createLimiter } from '../src/deploy/limiter.ts'
export { deploymentsOf } from '../test/contract/deployments.ts'
export { topologyOf } from '../test/contract/resources.ts'
