import { spawn } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = `${ROOT}bench/dist/first-emit`
const RUNS = 7

const BAKED = {
  topology: 'bench',
  stage: 'dev',
  hopLimit: 100,
  vias: ['kinesis'],
  streams: [{ to: 'b', via: 'kinesis', channel: 'b', pack: 25, fifo: false }],
  processors: {
    a: {
      ...{ timeoutMs: 30_000, callback: false, outputs: true, invokes: [], retries: 0, hears: [] },
      ...{ backoff: { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: true }, routes: { all: [0], byTopic: {} } },
    },
  },
}

/** Modules whose `emit` puts one record into a stream: by our entry, and by the AWS SDK alone. */
const SOURCES = {
  attak: `
    import { createEntry } from ${JSON.stringify(`${ROOT}src/bundle/entry/entry.ts`)}
    const handler = (event, context) => context.emit('order', event)
    const entry = createEntry({ ...${JSON.stringify(BAKED)}, load: () => ({ name: 'a', handler }) })
    const invokedFunctionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:bench--dev--a'
    const context = { awsRequestId: 'r', invokedFunctionArn, getRemainingTimeInMillis: () => 30_000 }
    export const emit = () => entry({ id: 1 }, context)`,
  sdk: `
    import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
    import { NodeHttpHandler } from '@smithy/node-http-handler'
    const client = new KinesisClient({ region: 'eu-west-1', requestHandler: new NodeHttpHandler() })
    const StreamARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/bench--dev--b'
    const Records = [{ Data: Buffer.from('{"id":1}'), PartitionKey: 'k' }]
    export const emit = () => client.send(new PutRecordsCommand({ StreamARN, Records }))`,
  nothing: 'export const emit = () => {}',
}

/**
 * `{ sender: 'attak' }` gives `{ value: 14.2e6 }`: the nanoseconds that importing a bundled function and its first emit take
 * beyond importing a module with nothing in it; medians of processes of their own. With `size: true` it gives the bytes of
 * that bundle.
 */
export async function measure({ sender, size }) {
  const files = [await bundle(sender), await bundle('nothing')]
  if (size) return { value: statSync(files[0]).size, events: 1 }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end('{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const times = files.map(() => [])
  for (let run = 0; run < RUNS; run++) {
    for (const [index, file] of files.entries()) times[index].push(await runOnce(file, server.address().port))
  }
  server.close()
  const [median, nothing] = times.map((list) => list.sort((one, other) => one - other)[(RUNS - 1) / 2])
  return { value: median - nothing, events: RUNS }
}

async function bundle(sender) {
  mkdirSync(FOLDER, { recursive: true })
  const outfile = `${FOLDER}/${sender}.mjs`
  await build({
    stdin: { contents: SOURCES[sender], resolveDir: ROOT, loader: 'js' },
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    banner: { js: "import { createRequire } from 'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  writeFileSync(
    `${FOLDER}/${sender}-run.mjs`,
    `const start = process.hrtime.bigint()
    const { emit } = await import('./${sender}.mjs')
    await emit()
    process.stdout.write('\\n' + String(process.hrtime.bigint() - start), () => process.exit())`,
  )
  return outfile
}

function runOnce(file, port) {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file.replace('.mjs', '-run.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('close', (code) => {
      if (code === 0) resolve(Number(text.trim().split('\n').at(-1)))
      else reject(new Error(`${file} ended with ${code}`))
    })
  })
}
