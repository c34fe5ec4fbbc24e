import { spawn } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildGraph, compileUnits, entrySource, parseTopology, unitsOf } from '../dist/bundling.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = `${ROOT}bench/dist/first-emit`
const RUNS = 7

const TOPOLOGY = {
  name: 'bench',
  processors: { a: './a.mjs', b: './b.mjs' },
  streams: [{ from: 'a', to: 'b' }],
}

/** A processor's module, and what its artifact is called with to emit one event. */
const HANDLER = `export const handler = (event, context) => context.emit('order', event)`
const EMIT = `
  import { handler } from './index.mjs'
  const invokedFunctionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:bench--dev--a'
  const context = { awsRequestId: 'r', invokedFunctionArn, getRemainingTimeInMillis: () => 30_000 }
  export const emit = () => handler({ id: 1 }, context)`

/** The AWS SDK alone, putting one record into a stream. */
const SDK = `
  import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
  import { NodeHttpHandler } from '@smithy/node-http-handler'
  const client = new KinesisClient({ region: 'eu-west-1', requestHandler: new NodeHttpHandler() })
  const StreamARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/bench--dev--b'
  const Records = [{ Data: Buffer.from('{"id":1}'), PartitionKey: 'k' }]
  export const emit = () => client.send(new PutRecordsCommand({ StreamARN, Records }))`

/** The least that puts a record: Node's own HTTP and crypto, one request, and as many hashes as a signature takes. */
const BARE = `
  const { request } = process.getBuiltinModule('node:http')
  const { createHmac, hash } = process.getBuiltinModule('node:crypto')
  const sign = (key, part) => createHmac('sha256', key).update(part).digest()
  export const emit = () =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ Records: [{ Data: Buffer.from('{"id":1}').toString('base64'), PartitionKey: 'k' }] })
      const key = ['20261121', 'eu-west-1', 'kinesis', 'aws4_request'].reduce(sign, 'AWS4secret')
      const authorization = sign(key, hash('sha256', hash('sha256', body, 'hex'), 'hex')).toString('hex')
      const headers = { authorization, 'content-length': body.length }
      const sent = request(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(JSON.parse(text))
      })
      sent.on('error', reject).end(body)
    })`

/** Each gives its folder, with an `emit.mjs`, and the bytes of what is there beside the handler. */
const SENDERS = {
  async attak() {
    const folder = `${FOLDER}/attak`
    const file = `${folder}/source/topology.mjs`
    write(`${folder}/source/a.mjs`, HANDLER)
    const { topology } = parseTopology(TOPOLOGY, { file, modulesIn: () => undefined })
    const graph = buildGraph(topology, { stage: 'dev' })
    const modules = new Map(['a', 'b'].map((name) => [name, `${folder}/source/${name}.mjs`]))
    const [unit] = unitsOf({ file, topology, graph, modules })
    const compiled = await compileUnits(
      [{ ...unit, source: entrySource(unit, graph, { host: 'lambda' }) }],
      `${folder}/source`,
    )
    const { files, sizes } = compiled.units.get(unit.id)
    for (const [path, contents] of files) write(`${folder}/${path}`, contents)
    write(`${folder}/emit.mjs`, EMIT)
    return { folder, bytes: sizes.find(({ part }) => part === 'attak').bytes }
  },
  async sdk() {
    const folder = `${FOLDER}/sdk`
    await build({
      stdin: { contents: SDK, resolveDir: ROOT, loader: 'js' },
      outfile: `${folder}/emit.mjs`,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      banner: { js: "import { createRequire } from 'node:module';const require=createRequire(import.meta.url);" },
      logLevel: 'warning',
    })
    return { folder, bytes: statSync(`${folder}/emit.mjs`).size }
  },
  async bare() {
    const folder = `${FOLDER}/bare`
    write(`${folder}/emit.mjs`, BARE)
    return { folder, bytes: 0 }
  },
  async nothing() {
    const folder = `${FOLDER}/nothing`
    write(`${folder}/emit.mjs`, 'export const emit = () => {}')
    return { folder, bytes: 0 }
  },
}

/**
 * Returns `{ value: 14.2e6 }` for `{ sender: 'attak' }`: the nanoseconds that importing a function and its first emit take
 * beyond importing an empty module. It is the median of separate processes. Ours is an artifact as it is deployed. With
 * `size: true` it returns bytes.
 */
export async function measure({ sender, size }) {
  const { folder, bytes } = await SENDERS[sender]()
  if (size) return { value: bytes, events: 1 }
  const folders = [folder, (await SENDERS.nothing()).folder]
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end('{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const times = folders.map(() => [])
  for (let run = 0; run < RUNS; run++) {
    for (const [index, one] of folders.entries()) times[index].push(await runOnce(one, server.address().port))
  }
  server.close()
  const [median, nothing] = times.map((list) => list.sort((one, other) => one - other)[(RUNS - 1) / 2])
  return { value: median - nothing, events: RUNS }
}

function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, contents)
}

const RUN = `
  const start = process.hrtime.bigint()
  const { emit } = await import('./emit.mjs')
  await emit()
  process.stdout.write('\\n' + String(process.hrtime.bigint() - start), () => process.exit())`

function runOnce(folder, port) {
  writeFileSync(`${folder}/run.mjs`, RUN)
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${folder}/run.mjs`], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('close', (code) => {
      if (code === 0) resolve(Number(text.trim().split('\n').at(-1)))
      else reject(new Error(`${folder} ended with ${code}`))
    })
  })
}
