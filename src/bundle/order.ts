import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { AnyNode } from 'acorn'
import type { Metafile } from 'esbuild'
import { parseCode, walk } from '../code/tree.ts'
import { fieldsOf, jsonOrText } from '../runtime/text.ts'

/**
 * Whether a build that is split into files runs its modules as Node does. A shared file runs before all that imports it, and
 * modules in one file wait for each other. Modules of a package that says `"sideEffects": false` may run in any order.
 */
export function runsInOrder({ inputs, outputs }: Metafile, dir: string): boolean {
  const fileOf = (input: string) => resolve(dir, input.replace(/^attak-[a-z]+:/, ''))
  const outputOf = new Map<string, string>()
  for (const [name, output] of Object.entries(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput > 0) outputOf.set(input, name)
    }
  }
  const isPure = remembered(declaresNoEffects)
  const effects = remembered((input: string) => outputOf.has(input) && !isPure(dirname(fileOf(input))))
  const waits = remembered((input: string) => !input.startsWith('attak-') && awaitsAtTop(fileOf(input)))
  const importedBy = (input: string) => importsOf(inputs[input])
  const loadedBy = (output: string) => importsOf(outputs[output])
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint !== undefined)
  return entries.every(([name, { entryPoint }]) => {
    const order = postorder(entryPoint!, importedBy)
    const inNode = order.filter(effects)
    // Those of one file are in order there, though parts of them may stand before.
    const inFiles = postorder(name, loadedBy).flatMap((output) =>
      inNode.filter((input) => outputOf.get(input) === output),
    )
    if (inNode.join('\n') !== inFiles.join('\n')) return false
    return order.filter(waits).every((waiting) =>
      order
        .slice(order.indexOf(waiting) + 1)
        .filter(effects)
        .every((later) => {
          const isBehind = postorder(outputOf.get(later)!, loadedBy).includes(outputOf.get(waiting) ?? '')
          return !isBehind || postorder(later, importedBy).includes(waiting)
        }),
    )
  })
}

function importsOf(from: Metafile['inputs'][string] | Metafile['outputs'][string] | undefined): readonly string[] {
  return (from?.imports ?? []).flatMap(({ path, kind, external }) =>
    external || kind !== 'import-statement' ? [] : [path],
  )
}

/** Lists what a node leads to, each after what it leads to itself, as modules run. */
function postorder(start: string, next: (from: string) => readonly string[]): readonly string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  const visit = (at: string) => {
    if (seen.has(at)) return
    seen.add(at)
    for (const one of next(at)) visit(one)
    found.add(at)
  }
  visit(start)
  return [...found]
}

/** Whether the package that a folder belongs to says that its modules have no side effects. */
function declaresNoEffects(from: string): boolean {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (!statSync(manifest, { throwIfNoEntry: false })?.isFile()) continue
    const fields = fieldsOf(jsonOrText(readFileSync(manifest, 'utf8')))
    // A package.json deeper in a package often holds `type` alone.
    if (fields?.name !== undefined) return fields.sideEffects === false
  }
  return false
}

/** A line with `await` that does not begin inside of a function, as most code is written. Minified code is one line. */
const MAY_AWAIT = /^(?!\s|(?:export\s+(?:default\s+)?)?async\b).*\bawait\b/m

function awaitsAtTop(file: string): boolean {
  const text = readFileSync(file, 'utf8')
  const program = MAY_AWAIT.test(text) ? parseCode(text) : undefined
  let found = false
  const visit = (node: AnyNode): boolean => {
    if (/Function|^Method|^PropertyDefinition/.test(node.type)) return false
    found ||= node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)
    return true
  }
  if (program !== undefined) walk(program, visit)
  return found
}

function remembered(ask: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>()
  return (name) => {
    const answer = known.get(name) ?? ask(name)
    known.set(name, answer)
    return answer
  }
}
