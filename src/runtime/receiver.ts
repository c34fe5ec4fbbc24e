import { format } from 'node:util'
import { AttakError } from '../errors.ts'
import type { Handler, Logger, Teardown } from '../topology/handler.ts'
import type { Receive, ReceiverFactory, ReceiverLog, ReceiverParts } from '../topology/receiver.ts'
import { isObject } from '../topology/user-code.ts'
import { currentInvocation } from './current.ts'
import { once } from './once.ts'

/** A receiver as a topology names it. */
export interface ReceiverSpec {
  /** `attak/receivers/log` */
  readonly module: string
  readonly properties: Readonly<Record<string, unknown>>
  /** Loads its factory. */
  readonly load: () => ReceiverFactory | Promise<ReceiverFactory>
  /** Loads the package of its client. */
  readonly client: NonNullable<ReceiverParts['client']>
}

/**
 * Returns the handler of a receiver, and what closes it. Its factory is called for the first message; if that fails, the message fails, and the next
 * one calls it again. In its properties, a text that is `${NAME}` as a whole stands for that variable.
 */
export function receiverHandler(spec: ReceiverSpec): { readonly handler: Handler; readonly teardown: Teardown } {
  const made = once(() => makeReceive(spec))
  const handler: Handler = async (event, context) => {
    const receive = await made.get()
    return receive(event, Object.assign(context, { requestId: context.root, gts: new Date() }))
  }
  return {
    handler,
    async teardown() {
      const receive = await made.made()?.catch(() => undefined)
      await receive?.close?.()
    },
  }
}

async function makeReceive({ module, properties, load, client }: ReceiverSpec): Promise<Receive> {
  const factory = await load()
  const receive: unknown = await factory({ log: LOG, config: withVariables(properties, module), client })
  if (typeof receive === 'function') return receive as Receive
  const what = `the factory of the receiver "${module}" returned no function`
  throw new AttakError('RECEIVER_INVALID', what, 'Return (message, context) => promise from it.')
}

/**
 * Returns the factory among what a receiver's module exports: the default export, also of CommonJS and of what tools have made of
 * an ES module. Undefined if there is none.
 */
export function factoryIn(exported: unknown): ReceiverFactory | undefined {
  if (!isObject(exported)) return undefined
  const { default: fallback } = exported as { readonly default?: unknown }
  if (typeof fallback === 'function') {
    return /^class\b/.test(Function.prototype.toString.call(fallback)) ? undefined : (fallback as ReceiverFactory)
  }
  return isObject(fallback) && fallback !== exported ? factoryIn(fallback) : undefined
}

const WHOLE = /^\$\{(\w+)\}$/

function withVariables(properties: ReceiverSpec['properties'], module: string): ReceiverSpec['properties'] {
  const { env } = globalThis.process
  const filled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(filled)
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one)]))
    const [, name] = (typeof value === 'string' && WHOLE.exec(value)) || []
    if (name === undefined) return value
    const found = env[name]
    if (found !== undefined && found !== '') return found
    const what = `the receiver "${module}" needs the variable ${name}, which is not set`
    throw new AttakError('VARIABLE_MISSING', what, 'Set it, and declare it in the environment of the processor.')
  }
  return filled(properties) as ReceiverSpec['properties']
}

/** Logs with the message whose handler runs; what a client reports between messages goes to the console of the process. */
const LOG: ReceiverLog = {
  debug: (...args) => target().debug(...args),
  info: (...args) => target().info(...args),
  warn: (...args) => target().warn(...args),
  error: (...args) => target().error(...args),
  log(level, ...args) {
    const known = level === 'info' || level === 'warn' || level === 'error' ? level : 'debug'
    target()[known](format(...args))
  },
}

function target(): Logger {
  const invocation = currentInvocation()
  return invocation?.phase === 'running' ? invocation.log : globalThis.console
}
