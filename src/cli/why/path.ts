import type { Fact, Found } from './fact.ts'

/** A message on the way, with all that is known of it at the processor that the way leads through. */
export interface Step extends Fact {
  /** How many other messages with a receiver its handler emitted, in all attempts. */
  readonly branches: number
  /** Messages between the one before and this one, of which nothing is known. */
  readonly unknown?: number
}

/** The way from the input to a message. */
export interface Path {
  readonly steps: readonly Step[]
  /** Other processors that handled the last message. */
  readonly also: readonly string[]
}

/**
 * Finds the path from the input to a message, from the facts of its trace. Facts may repeat and may come in any order;
 * the latest attempt of a message determines its outcome. A message without facts gets a step from its child's. If the
 * path is interrupted, the facts of the input come first.
 */
export function pathTo(target: Found, facts: readonly Fact[]): Path {
  const known = byMessage(facts)
  const children = childrenIn(facts)
  const stepOf = (message: string, processor: string | undefined): Step => {
    const at = known.get(message)
    const own = at?.get(processor) ?? []
    // Other processors received the same message, but their outcomes are separate.
    const shared = own.length > 0 ? [] : [...(at?.values() ?? [])].flat().map(whatIsShared)
    const emitted = children.get(childName(message, processor))?.size ?? 0
    return { ...mergeFacts([...shared, ...own]), message, processor, branches: Math.max(0, emitted - 1) }
  }

  const { record, root: targetRoot, ...asked } = target
  const last = { ...asked, ...stepOf(target.message, target.processor) }
  const steps = [{ ...last, branches: children.get(childName(last.message, last.processor))?.size ?? 0 }]
  const seen = new Set([last.message])
  for (let [first] = steps; first?.parent !== undefined && !seen.has(first.parent); [first] = steps) {
    seen.add(first.parent)
    const hop = first.hop === undefined ? {} : { hop: first.hop - 1 }
    steps.unshift({ ...hop, ...stepOf(first.parent, first.from) })
  }
  const root = last.root ?? targetRoot
  if (!seen.has(root)) steps.unshift(lostRoot(root))
  const also = [...(known.get(target.message)?.keys() ?? [])].filter((name) => name !== undefined)
  return { steps, also: also.filter((name) => name !== target.processor) }

  function lostRoot(id: string): Step {
    const [first] = steps
    const [handledBy] = known.get(id)?.keys() ?? []
    if (first?.hop !== undefined) steps[0] = { ...first, unknown: Math.max(0, first.hop - 2) }
    return stepOf(id, handledBy)
  }
}

function byMessage(facts: readonly Fact[]): ReadonlyMap<string, ReadonlyMap<string | undefined, Fact[]>> {
  const found = new Map<string, Map<string | undefined, Fact[]>>()
  for (const fact of facts) {
    const processors = found.get(fact.message) ?? new Map<string | undefined, Fact[]>()
    found.set(fact.message, processors)
    const own = processors.get(fact.processor)
    if (own === undefined) processors.set(fact.processor, [fact])
    else own.push(fact)
  }
  return found
}

/** The messages that each handler emitted for each message. */
function childrenIn(facts: readonly Fact[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { message, parent, from } of facts) {
    if (parent === undefined) continue
    const name = childName(parent, from)
    found.set(name, (found.get(name) ?? new Set<string>()).add(message))
  }
  return found
}

function childName(message: string, processor: string | undefined): string {
  return `${processor ?? ''} ${message}`
}

/** Ranks outcomes by how final they are: a postponed or skipped message is delivered again with the same attempt. */
function toldOf({ outcome }: Fact): number {
  return outcome === 'skipped' ? 0 : outcome === 'postponed' ? 1 : 2
}

function whatIsShared({ attempt, outcome, error, position, at, missing, ...shared }: Fact): Fact {
  return shared
}

/** Merges facts of one message: the last attempt's values, and values that only earlier facts have. */
function mergeFacts(facts: readonly Fact[]): Partial<Fact> {
  const inOrder = facts.toSorted((a, b) => (a.attempt ?? 0) - (b.attempt ?? 0) || toldOf(a) - toldOf(b))
  const { error, missing, ...merged } = Object.assign({}, ...inOrder) as Partial<Fact>
  // A message that waited in a retry queue came over its stream before, which may still have it.
  const position = inOrder.find((fact) => fact.position !== undefined && fact.outcome !== 'skipped')?.position
  return {
    ...merged,
    ...(position !== undefined && { position }),
    ...(error !== undefined && merged.outcome !== 'ok' && { error }),
    ...(missing !== undefined && merged.event === undefined && { missing }),
  }
}
