import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ZipArchive } from 'archiver'
import type { Artifact } from '../../src/bundle/artifact.ts'
import { functionVariables } from '../../src/bundle/variables.ts'
import { type Aws, openAws, openAwsResources } from '../../src/clouds/aws/open.ts'
import { wantedResources } from '../../src/clouds/aws/wanted.ts'
import type { DeployRequest } from '../../src/deploy/claim.ts'
import { failureOf, prepareDeploy } from '../../src/deploy/deploy.ts'
import type { Graph } from '../../src/graph/graph.ts'

/** Keys that no emulator looks at. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Opens an emulator as if it were AWS. */
export function openEmulator(endpoint: string, region = 'eu-west-1'): Promise<Aws> {
  return openAws({ region, endpoint, credentials: CREDENTIALS }, () => performance.now())
}

/** A zip with one module, which answers every call with its text. */
export async function artifactOf(text: string): Promise<Artifact> {
  const archive = new ZipArchive()
  archive.append(`exports.handler = async () => ${JSON.stringify(text)}`, { name: 'index.js', date: new Date(0) })
  void archive.finalize()
  const blocks: Buffer[] = []
  for await (const block of archive) blocks.push(block as Buffer)
  const zip = Buffer.concat(blocks)
  const hash = createHash('sha256').update(zip).digest('base64')
  const bytes = { zipHash: hash, zipBytes: zip.length, unzippedBytes: zip.length, sizes: [] }
  return { hash, handler: 'index.handler', processors: [], files: new Map(), ...bytes, zip: async () => zip }
}

/** A stage of a topology on an emulator: what the deploy command will do, without bundling. */
export async function stageOf(aws: Aws, graph: Graph, code: (processor: string) => string = (name) => name) {
  const env = {}
  const artifacts = new Map<string, Artifact>()
  for (const { name } of graph.processors) artifacts.set(name, await artifactOf(code(name)))
  const cloud = openAwsResources(aws, {
    scope: { topology: graph.name, stage: graph.stage },
    startedAtMs: Date.now(),
    artifact: (hash) => [...artifacts.values()].find((artifact) => artifact.hash === hash)!,
    variables: (name) => functionVariables(graph.processors.find((processor) => processor.name === name)!, env),
  })
  const wanted = wantedResources(graph, { place: aws.place, env }, artifacts)
  const request: DeployRequest = {
    wanted,
    allowDataLoss: false,
    now: () => performance.now(),
    sleep: (ms: number) => sleep(ms),
  }
  const apply = async (changed: Partial<DeployRequest> = {}) => {
    const deployment = await prepareDeploy(cloud, { ...request, ...changed })
    const outcome = await deployment.apply({ deployId: `d${Math.random().toString(36).slice(2)}` })
    const failure = failureOf(outcome)
    if (failure !== undefined) throw failure
    return deployment.plan
  }
  return {
    cloud,
    wanted,
    plan: async () => (await prepareDeploy(cloud, request)).plan,
    deploy: apply,
    destroy: () => apply({ wanted: [], known: wanted, allowDataLoss: true }),
  }
}
