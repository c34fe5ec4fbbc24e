import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a function answered: its result, or the error that it failed with. */
export type Answer =
  | { readonly kind: 'response'; readonly body: unknown }
  | { readonly kind: 'error'; readonly body: { readonly errorMessage: string; readonly stackTrace: readonly string[] } }

/** A function that runs as it does on Lambda. */
export interface RunningFunction {
  /** Hands it one payload, and gives its answer. Throws, with all that it has printed, when it ends without one. */
  invoke(payload: unknown): Promise<Answer>
  /** All that it has printed so far. */
  output(): string
  close(): Promise<void>
}

/** How to run a function. */
export interface FunctionOptions {
  /** Of Node. */
  readonly program: string
  /** AWS's runtime client. */
  readonly client: string
  /** Where the artifact is unpacked. */
  readonly folder: string
  readonly handler: string
  readonly env: Readonly<Record<string, string>>
}

const TIME_MS = 30_000

/**
 * Starts AWS's runtime client for an artifact, against a server that speaks Lambda's Runtime API on this machine.
 * Source: Lambda's guide, "Using the Lambda runtime API for custom runtimes", read 2026-11-21.
 */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const waiting: { readonly payload: string; readonly settle: (answer: Answer) => void }[] = []
  let asking: ServerResponse | undefined
  let answering: ((answer: Answer) => void) | undefined
  let printed = ''

  function hand(): void {
    if (asking === undefined || waiting.length === 0) return
    const { payload, settle } = waiting.shift()!
    answering = settle
    asking.writeHead(200, headers()).end(payload)
    asking = undefined
  }

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      asking = response
      hand()
      return
    }
    const body = await bodyOf(request)
    response.writeHead(202).end()
    const kind = request.url!.endsWith('/response') ? 'response' : 'error'
    answering?.({ kind, body } as Answer)
  })
  const port = await listen(server)
  const child = start(options, port)
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  return {
    invoke: (payload) =>
      new Promise((resolve, reject) => {
        child.once('close', (code, signal) =>
          reject(new Error(`the function ended with ${code ?? signal}: ${printed}`)),
        )
        waiting.push({ payload: JSON.stringify(payload), settle: resolve })
        hand()
      }),
    output: () => printed,
    async close() {
      child.removeAllListeners('close')
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      const ended = hasEnded || new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      server.closeAllConnections()
      server.close()
    },
  }
}

function start({ program, client, folder, handler, env }: FunctionOptions, port: number): ChildProcess {
  return spawn(program, [client, handler], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...env,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'ric--dev--a',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/ric--dev--a',
      AWS_LAMBDA_LOG_STREAM_NAME: 'one',
      AWS_REGION: 'eu-central-1',
    },
  })
}

function headers(): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': crypto.randomUUID(),
    'Lambda-Runtime-Deadline-Ms': String(Date.now() + TIME_MS),
    'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-central-1:123456789012:function:ric--dev--a',
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const block of request.setEncoding('utf8')) text += block
  return text === '' ? undefined : JSON.parse(text)
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}
