import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { randomProject } from '../bundle/random-projects.ts'
import { CASES } from '../bundle/same-cases.ts'
import { projectFolder, writeFiles } from '../project/folder.ts'
import { attakJson, type Fields } from './attak.ts'

/** Projects whose processor is a file, each in its own folder: cases of the bundle's tests. */
const PARTS = Object.values(CASES)
  .filter(({ files }) => !Object.keys(files).some((path) => /^topology\.(?!json)/.test(path)))
  .map(({ files, emits }, index) => {
    const topology = JSON.parse(files['topology.json'] ?? '{ "processors": { "a": "./a.mjs" } }')
    const moved = Object.entries(files).map(([path, text]) => [`case${index}/${path}`, text])
    return { files: Object.fromEntries(moved), handler: join(`case${index}`, topology.processors.a), emits }
  })
const RANDOM = Array.from({ length: 8 }, (_, seed) =>
  randomProject(seed, `random${seed}`, seed % 2 === 0 ? 'javascript' : 'typescript'),
)

function projectOfAll(): string {
  const processors = Object.fromEntries([
    ...PARTS.map(({ handler }, index) => [`case${index}`, `./${handler}`]),
    ...RANDOM.map(({ handler }, index) => [`random${index}`, handler]),
  ])
  const input = Object.fromEntries(Object.keys(processors).map((name) => [name, 'event']))
  const own = {
    'topology.json': JSON.stringify({ name: 'same', processors }),
    'input.json': JSON.stringify(input),
  }
  const folder = projectFolder(Object.assign({}, own, ...[...PARTS, ...RANDOM].map(({ files }) => files)))
  for (const [path, target] of RANDOM.flatMap(({ links }) => Object.entries(links))) {
    symlinkSync(target, join(folder, path))
  }
  return folder
}

/** What processors emitted, by name. */
function emittedIn(lines: readonly Fields[], kind: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    lines.filter((line) => line.kind === kind).map(({ processor, data }) => [processor, data] as const),
  )
}

describe('deployed on ministack', () => {
  test('processors emit the same as from their sources', async () => {
    const folder = projectOfAll()
    const simulated = emittedIn(await attakJson(folder, ['simulate']), 'emit')
    expect(Object.keys(simulated)).toHaveLength(PARTS.length + RANDOM.length)
    for (const [index, { emits }] of PARTS.entries()) expect(simulated[`case${index}`]).toEqual(emits[0])
    const stage = ['--stage', 'same']
    await attakJson(folder, ['deploy', '--yes', ...stage])
    const followed = await attakJson(folder, ['trigger', '--follow', '--quiet-after', '10', ...stage])
    expect(emittedIn(followed, 'output')).toEqual(simulated)
    await attakJson(folder, ['destroy', '--yes', ...stage])
  })

  test('an edit of an imported handler changes only its function', async () => {
    const folder = projectFolder({
      'topology.ts': `import * as handlers from './handlers/index.ts'\nexport default { name: 'imported', processors: handlers }`,
      'handlers/index.ts': `export { default as bill } from './bill.ts'\nexport * from './ship.ts'`,
      'handlers/bill.ts': `export default (event: unknown, c: any) => c.emit('out', ['bill', event])`,
      'handlers/ship.ts': `export const ship = (event: unknown, c: any) => c.emit('out', ['ship', event])`,
      'input.json': '{ "bill": 1, "ship": 2 }',
    })
    const stage = ['--stage', 'same']
    await attakJson(folder, ['deploy', '--yes', ...stage])
    writeFiles(folder, {
      'handlers/ship.ts': `export const ship = (event: unknown, c: any) => c.emit('out', ['sent', event])`,
    })
    const [deployed] = await attakJson(folder, ['deploy', '--yes', ...stage])
    expect(JSON.stringify(deployed!.changes)).toContain('ship')
    expect(JSON.stringify(deployed!.changes)).not.toContain('bill')
    const followed = await attakJson(folder, ['trigger', '--follow', '--quiet-after', '5', ...stage])
    expect(emittedIn(followed, 'output')).toEqual({ bill: ['bill', 1], ship: ['sent', 2] })
    await attakJson(folder, ['destroy', '--yes', ...stage])
  })
})
