import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { ownFunction } from '../workload.mjs'

const ACCEPTED = Promise.resolve()

/**
 * The duties that row S1 asks of an engine, written by hand for topologies in which each processor has at most one target.
 * It has a message and a context for each handler, a table of routes, settling once and refusing late emits. It accounts for
 * each input and its start by the clock. It knows which handler writes to the console, also later. It has no queue, keys,
 * retries, callbacks, schemas, concurrency or transcript. An engine with all of those can come near to it.
 */
export function run({ processors, events, make, next, sink }) {
  const nodes = new Map(processors.map(({ name }) => [name, nodeOf(name)]))
  for (const { name, targets } of processors) {
    if (targets.length > 1) throw new Error('this engine knows one target a processor')
    const body = targets.length === 0 ? 'sink(event)' : `context.emit('out', ${next})`
    nodes.get(name).handler = ownFunction(name, { sink }, `(event, context) => { ${body} }`)
    nodes.get(name).routes.set('out', { topic: 'out', target: nodes.get(targets[0]) })
  }
  const first = nodes.get(processors[0].name)
  const call = follow()
  const counts = { roots: 0, open: 0, outputs: 0, failed: 0 }

  const start = (message) => {
    const { target } = message
    const context = new Context(target, message)
    call(context, handle)
    return commit(context)
  }

  const handle = (context) => {
    try {
      const result = context.node.handler(context.message.data, context)
      if (typeof result?.then === 'function') throw new Error('this engine knows no promises')
      settle(context, undefined)
    } catch (error) {
      settle(context, { error })
    }
  }

  const commit = (context) => {
    const { message, node, emitted, failure } = context
    context.state = 'committed'
    if (failure === undefined) node.handled++
    else counts.failed++
    const { root } = message
    if (emitted !== undefined) {
      node.emitted++
      if (emitted.target === undefined) counts.outputs++
      else root.pending++
    }
    if (--root.pending === 0) counts.open--
    return emitted?.target === undefined ? undefined : emitted
  }

  for (let id = 0; id < events; id++) {
    counts.open++
    const root = { position: counts.roots++, pending: 1, id: undefined }
    let message = new Message(make(id), undefined, first, undefined, root)
    while (message !== undefined) message = start(message)
  }
}

function nodeOf(name) {
  return { name, handler: undefined, routes: new Map(), last: undefined, handled: 0, emitted: 0 }
}

class Message {
  constructor(data, topic, target, parent, root) {
    this.data = data
    this.topic = topic
    this.target = target
    this.parent = parent
    this.root = root
    this.hop = parent === undefined ? 1 : parent.hop + 1
    this.id = undefined
  }
}

class Context {
  constructor(node, message) {
    this.node = node
    this.message = message
    this.startedMs = performance.now()
    this.state = 'running'
    this.failure = undefined
    this.emitted = undefined
  }

  emit(topic, data) {
    if (this.state !== 'running') return Promise.reject(new Error('late'))
    if (typeof topic !== 'string' || topic === '') return Promise.reject(new Error('topic'))
    if (this.emitted !== undefined) return Promise.reject(new Error('this engine knows one emit'))
    const { node, message } = this
    if (message.hop >= 100) return Promise.reject(new Error('hop limit'))
    const route = node.last !== undefined && node.last.topic === topic ? node.last : routeTo(node, topic)
    this.emitted = new Message(data, topic, route.target, message, message.root)
    return ACCEPTED
  }
}

function routeTo(node, topic) {
  node.last = node.routes.get(topic) ?? { topic, target: undefined }
  return node.last
}

function settle(context, failure) {
  if (context.state !== 'running') return
  context.state = 'complete'
  context.failure = failure
}

/** As `src/runtime/current.ts`: each handler runs in its own async context. */
function follow() {
  const storage = new AsyncLocalStorage()
  const enter = (context, code) => {
    storage.enterWith(context)
    code(context)
  }
  return (context, code) => {
    new AsyncResource('duties', { requireManualDestroy: true }).runInAsyncScope(enter, undefined, context, code)
  }
}
