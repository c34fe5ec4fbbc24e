import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

/** From left to right: what stands in one row may import only rows before it, and its own folder or file. */
const LAYERS = [
  ['errors'],
  ['topology'],
  ['graph'],
  ['runtime'],
  ['aws'],
  ['carriers', 'stores', 'sources', 'receivers'],
  ['code'],
  ['simulator', 'bundle', 'deploy', 'project'],
  ['hosts', 'clouds', 'testing', 'view', 'index'],
  ['ui'],
  ['cli'],
]
/** Folders whose own folders are siblings that never import each other. */
const FAMILIES = ['carriers', 'stores', 'sources', 'receivers', 'hosts', 'clouds', 'cli']
/** These import the folders beside them: the tables of carriers, sources and receivers, the commands, the table of commands, and the one file that chooses a cloud. */
const JOINTS = [
  join('carriers', 'table.ts'),
  join('sources', 'table.ts'),
  join('receivers', 'table.ts'),
  join('cli', 'commands'),
  join('cli', 'commands.ts'),
  join('cli', 'cloud.ts'),
]
/** What users import. */
const PUBLIC = ['index.ts', 'testing.ts']
const EXPORTED = /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm
const ROOT = join(import.meta.dirname, '..', 'src')

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
const layerOf = (file: string) => file.split(sep)[0]!.replace(/\.ts$/, '')
const rankOf = (layer: string) => LAYERS.findIndex((row) => row.includes(layer))
const importsOf = (file: string) =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, join(ROOT, dirname(file), path!)),
  )

/** The files and functions that may not grow further. What is inside of a function counts to it. */
const MOST_LINES = { file: 300, function: 60 }

/** Returns the functions of a file that are too long: `['deploy/plan.ts: planOf has 72 lines']`. */
function longFunctions(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const found: string[] = []
  const visit = (node: ts.Node) => {
    const lines = ts.isFunctionLike(node) ? lineOf(node.end) - lineOf(node.getStart()) + 1 : 0
    if (lines > MOST_LINES.function) found.push(`${file}: ${node.getText().split('(')[0]} has ${lines} lines`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const isFile = (part: string | undefined) => part?.endsWith('.ts') ?? false

function mayImport(file: string, imported: string): boolean {
  const [from, to] = [layerOf(file), layerOf(imported)]
  if (from !== to) return rankOf(to) < rankOf(from)
  if (!FAMILIES.includes(from)) return true
  const [ours, theirs] = [file.split(sep)[1], imported.split(sep)[1]]
  const isJoint = JOINTS.some((joint) => file === joint || file.startsWith(`${joint}${sep}`))
  return ours === theirs || isFile(theirs) || isJoint
}

/** Each circle as the names of its files, in order: the strongly connected parts of what imports what (Tarjan 1972). */
function circles(): string[] {
  const found: string[] = []
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const visit = (file: string) => {
    index.set(file, index.size)
    low.set(file, index.get(file)!)
    stack.push(file)
    for (const imported of importsOf(file).filter((name) => files.includes(name))) {
      if (!index.has(imported)) visit(imported)
      else if (!stack.includes(imported)) continue
      low.set(file, Math.min(low.get(file)!, low.get(imported)!))
    }
    if (low.get(file) !== index.get(file)) return
    const part = stack.splice(stack.indexOf(file))
    if (part.length > 1) found.push(part.toSorted().join(', '))
  }
  for (const file of files) if (!index.has(file)) visit(file)
  return found
}

it('every folder and file of src has its layer', () => {
  expect(files.filter((file) => rankOf(layerOf(file)) === -1)).toEqual([])
})

it('left never imports right, and siblings never import each other', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !mayImport(file, imported))
      .map((imported) => `${file} imports ${imported}`),
  )
  expect([...new Set(wrong)]).toEqual([])
})

it('no file imports itself through others, types included', () => {
  expect(circles()).toEqual([])
})

it('only src/cli/cloud.ts loads a cloud, and src/cli/broker.ts a broker, when it is needed; commands and deploys know none', () => {
  const foreign = (file: string) => /^(?:cli|deploy)$/.test(layerOf(file))
  const found = files.filter(foreign).flatMap((file) =>
    importsOf(file)
      .filter((imported) => /^(?:aws|carriers|clouds)$/.test(layerOf(imported)))
      .map((imported) => `${file} imports ${imported}`),
  )
  expect([...new Set(found)].toSorted()).toEqual([
    'cli/broker.ts imports carriers/kafka/broker.ts',
    'cli/broker.ts imports carriers/rabbitmq/broker.ts',
    'cli/broker.ts imports carriers/redis/broker.ts',
    'cli/cloud.ts imports clouds/aws/cloud.ts',
  ])
  expect(read(join('cli', 'cloud.ts'))).toContain("await import('../clouds/aws/cloud.ts')")
})

it('one command never imports another, but its own parts', () => {
  const commands = join('cli', 'commands', sep)
  const isOther = (file: string) => (imported: string) =>
    imported.startsWith(commands) && !imported.startsWith(file.replace(/\.ts$/, ''))
  expect(files.filter((file) => file.startsWith(commands) && importsOf(file).some(isOther(file)))).toEqual([])
})

it('only the hosts, and what cleans up after the process, touch the process, the console and the clock', () => {
  const touching = files.filter((file) => /(?<![\w.'"`/-])(?:process\.|console\.|Date\.now\b)/.test(read(file)))
  const hosts = [
    join('cli', 'host.ts'),
    join('cli', 'signals.ts'),
    join('project', 'temporary.ts'),
    join('hosts', 'lambda', 'host.ts'),
  ]
  expect(touching.filter((file) => !hosts.includes(file))).toEqual([])
})

it('client libraries are loaded when needed, by a module of ours, since bundled modules of theirs have no names', () => {
  const loads = files.flatMap((file) =>
    [...read(file).matchAll(/(?<!typeof )\bimport\('@aws-sdk.*/g)].map(([line]) => `${file}: ${line}`),
  )
  expect(loads).toEqual([])
})

it('no export is used by tests or benchmarks alone', () => {
  const text = files.map(read).join('\n')
  const exported = files.filter((file) => !PUBLIC.includes(file)).flatMap((file) => [...read(file).matchAll(EXPORTED)])
  const names = [...new Set(exported.map(([, name]) => name!))]
  const uses = (name: string) => text.match(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g'))!.length
  expect(names.filter((name) => uses(name) === 1)).toEqual([])
})

it('files and functions keep to their limits of length', () => {
  const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1
  expect(files.filter((file) => lines(file) > MOST_LINES.file)).toEqual([])
  expect(files.flatMap(longFunctions)).toEqual([])
}, 60_000)
