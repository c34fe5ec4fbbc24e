import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ZipArchive } from 'archiver'
import { build } from 'esbuild'
import { buildGraph, bundleProject, entrySource, functionModule, parseTopology, unitsOf } from '../dist/bundling.js'

const SHARED = ['money', 'text', 'dates']
const FUNCTIONS = 30

/**
 * Bundles and zips a project: `{ how: 'naive', imports: 'zod', processors: 100 }` gives `{ value: 2.1e9 }`, nanoseconds for
 * all. Both ways make artifacts of the same sources, with attak's entry, minified packages and a source map; that there is
 * one for each processor is checked.
 */
export async function measure({ how, imports, processors }) {
  const project = writeProject(imports, processors)
  // Both have loaded what they build and zip with.
  await build({ stdin: { contents: '' }, write: false })
  await zip([])
  const start = process.hrtime.bigint()
  const zips = await (how === 'attak' ? bundle(project) : bundleEach(project))
  const value = Number(process.hrtime.bigint() - start)
  if (zips.length !== processors || zips.some((bytes) => bytes.length < 1000)) throw new Error('zips are missing')
  return { value, events: processors }
}

async function bundle(project) {
  const { artifacts, problems } = await bundleProject({ ...project, host: 'lambda' })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return Promise.all([...artifacts.values()].map((artifact) => artifact.zip()))
}

async function bundleEach(project) {
  const zips = []
  for (const unit of unitsOf(project)) {
    const source = entrySource(unit, project.graph, { host: 'lambda' }).replaceAll(/attak:([\w/-]+)/g, (_, name) =>
      functionModule(name),
    )
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: project.dir },
      absWorkingDir: project.dir,
      outfile: 'index.mjs',
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: unit.target,
      mainFields: ['module', 'main'],
      minify: true,
      keepNames: true,
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'silent',
    })
    zips.push(await zip(outputFiles))
  }
  return zips
}

async function zip(files) {
  const archive = new ZipArchive({ zlib: { level: 9 } })
  const blocks = []
  archive.on('data', (block) => blocks.push(block))
  const ended = new Promise((resolve, reject) => archive.on('end', resolve).on('error', reject))
  for (const { path, contents } of files) archive.append(Buffer.from(contents), { name: path.split('/').at(-1) })
  await archive.finalize()
  await ended
  return Buffer.concat(blocks)
}

function writeProject(imports, count) {
  const dir = fileURLToPath(new URL(`../dist/project-${imports}/`, import.meta.url))
  rmSync(dir, { recursive: true, force: true })
  for (const folder of ['processors', 'lib']) mkdirSync(join(dir, folder), { recursive: true })
  for (const name of SHARED) writeFileSync(join(dir, `lib/${name}.ts`), sharedSource(name))
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  names.forEach((name, index) => {
    writeFileSync(join(dir, `processors/${name}.ts`), processorSource(index, imports))
  })
  const processors = Object.fromEntries(names.map((name) => [name, `./processors/${name}.ts`]))
  const streams = names.slice(1).map((name, index) => [names[index], name, `priced-${index}`])
  const { topology } = parseTopology({ name: 'bench', processors, streams }, { file: 'topology.json' })
  const modules = new Map(names.map((name) => [name, join(dir, `processors/${name}.ts`)]))
  return {
    file: join(dir, 'topology.json'),
    dir,
    topology,
    graph: buildGraph(topology, { stage: 'dev' }),
    modules,
    env: {},
  }
}

function sharedSource(name) {
  const functions = Array.from(
    { length: FUNCTIONS },
    (
      _,
      index,
    ) => `export function ${name}${index}(value: number, rate: number): { readonly amount: number; readonly label: string } {
  const amount = Math.round(value * rate * ${index + 1}) / 100
  if (!Number.isFinite(amount)) throw new RangeError(\`not a number: \${value} in ${name}${index}\`)
  return { amount, label: \`${name} \${amount.toFixed(2)}\` }
}`,
  )
  return functions.join('\n\n')
}

function processorSource(index, imports) {
  const withZod = imports === 'zod' || (imports === 'mixed' && index % 2 === 0)
  const withClient = imports === 'mixed' && index % 10 === 0
  const [money, text, dates] = SHARED.map((name) => `${name}${index % FUNCTIONS}`)
  return `${SHARED.map((name) => `import { ${name}${index % FUNCTIONS} } from '../lib/${name}.ts'`).join('\n')}
${withZod ? "import { z } from 'zod'\nconst schema = z.object({ id: z.string(), amount: z.number() })" : ''}
${withClient ? "import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'\nconst queue = new SQSClient({})" : ''}

interface Order {
  readonly id: string
  readonly lines: readonly { readonly name: string; readonly price: number }[]
}

export async function handler(event: Order, context: { emit(topic: string, data: unknown): Promise<void> }) {
  const order = { ...event, ...${withZod ? 'schema.parse(event)' : '{}'} }
  const total = order.lines.reduce((sum, { price }) => sum + ${money}(price, 1.19).amount, 0)
  ${withClient ? "await queue.send(new SendMessageCommand({ QueueUrl: 'orders', MessageBody: order.id }))" : ''}
  await context.emit('priced-${index}', { ...order, total, note: ${text}(total, 2).label, when: ${dates}(total, 3).label })
}
`
}
