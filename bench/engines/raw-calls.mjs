import { ownFunction } from '../workload.mjs'

/** The floor: each processor calls its listeners directly. */
export function run({ processors, events, make, next, sink }) {
  const handlers = {}
  for (const { name, targets } of [...processors].reverse()) {
    const calls = targets.map((_, index) => `t${index}(data)`).join('; ')
    const captured = Object.fromEntries(targets.map((target, index) => [`t${index}`, handlers[target]]))
    const body = targets.length === 0 ? 'sink(event)' : `const data = ${next}; ${calls}`
    handlers[name] = ownFunction(name, { ...captured, sink }, `(event) => { ${body} }`)
  }
  const first = handlers[processors[0].name]
  for (let id = 0; id < events; id++) first(make(id))
}
