import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CARRIER_RULES } from '../src/carriers/table.ts'
import { isGroup } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { DEFAULTS } from '../src/graph/build.ts'
import { SETTINGS } from '../src/project/setting-list.ts'
import { DELIVERY_DEFAULTS } from '../src/topology/delivery.ts'
import { knownSettings } from '../src/topology/known-settings.ts'
import { root } from './install.ts'
import { packageRows } from './packages/table.ts'

const KNOWN = knownSettings(CARRIER_RULES)

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const isPage = (file: string) => file.endsWith('.md')
const pagesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(isPage)
    .map((file) => join(folder, file))
const pages = ['README.md', ...pagesIn('docs'), ...pagesIn('examples')]
const proseOf = (page: string) => read(page).replace(/^```[\s\S]*?^```$/gm, '')

/** The rows of the table whose head begins with these cells, each as its cells. */
function tableOf(page: string, ...head: string[]): string[][] {
  const lines = read(page).split('\n')
  const cellsOf = (line: string) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
  const start = lines.findIndex((line) => line.startsWith('|') && head.every((cell, i) => cellsOf(line)[i] === cell))
  expect(start, `${page} has a table of ${head}`).toBeGreaterThan(-1)
  const rows = lines.slice(start + 2)
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf)
}

/** The first cells of a table, without what marks them as code. */
function namesIn(page: string, ...head: string[]): string[] {
  return tableOf(page, ...head).map(([name = '']) => name.replace(/[`()]/g, ''))
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** The links of a page to files of this repository that do not exist, or that lack the heading. */
function brokenLinks(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)]
  return links.flatMap(([, path = '', anchor]) => {
    if (/^https?:/.test(path)) return []
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, file))) return [path]
    return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [`${path}#${anchor}`]
  })
}

describe.each([...pages, 'docs/llms.txt'])('%s', (page) => {
  test('links to files and headings that exist', () => {
    expect(brokenLinks(page)).toEqual([])
  })

  test('names files and folders of this repository that exist', () => {
    const named = [...proseOf(page).matchAll(/`((?:src|bin|test|docs|examples|templates|bench)\/[\w./-]*)`/g)]
    expect(named.map(([, path]) => path!).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

test.each(['README.md', 'docs/llms.txt'])('%s links to every page of docs', (page) => {
  const linked = [...read(page).matchAll(/\]\(([^)#]*)/g)].map(([, path]) => join(dirname(page), path!))
  const notes = /^docs\/decisions\/\d/
  expect(pagesIn('docs').filter((file) => !notes.test(file) && !linked.includes(file))).toEqual([])
})

test('docs/decisions/README.md links to every decision, by its title', () => {
  const notes = pagesIn('docs/decisions').filter((file) => !file.endsWith('README.md'))
  const titles = notes.toSorted().map((file) => `- [${read(file).split('\n')[0]!.slice(2)}](${basename(file)})`)
  expect(read('docs/decisions/README.md').match(/^- .*$/gm)).toEqual(titles)
})

test('docs/reference/commands.md lists every command with its summary', () => {
  const listed = tableOf('docs/reference/commands.md', 'command').map(([name, summary]) => ({ name, summary }))
  expect(listed).toEqual(COMMANDS.map(({ name, summary }) => ({ name: `\`attak ${name}\``, summary })))
})

test('docs/reference/settings.md lists every setting with its variable and default', () => {
  const settings = SETTINGS.map(({ name, flag, variable, fallback }) => [
    flag,
    variable,
    `attak.${name}`,
    `${fallback ?? ''}`,
  ])
  const listed = tableOf('docs/reference/settings.md', 'flag').map((cells) =>
    cells.map((cell) => cell.replaceAll('`', '')),
  )
  expect(listed).toEqual(settings)
})

test('docs/reference/commands.md shows the help of every command', async () => {
  const shown = [...read('docs/reference/commands.md').matchAll(/^\$ attak (\w+(?: \w+)?) --help$/gm)].map(
    ([, name]) => name,
  )
  const names = COMMANDS.map(async ({ name, load }) => {
    const loaded = await load()
    return [name, ...(isGroup(loaded) ? loaded.commands.map((command) => `${name} ${command.name}`) : [])]
  })
  expect(shown).toEqual((await Promise.all(names)).flat())
})

test('docs/reference/handler.md lists everything on a context', () => {
  const [, body = ''] = /^export interface Context<.*?\{\n(.*?)^\}/ms.exec(read('src/topology/handler.ts')) ?? []
  const names = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?=[:(<])/gm)].map(([, name]) => name)
  expect(names).toContain('traceparent')
  expect(namesIn('docs/reference/handler.md', 'field')).toEqual(names)
})

test('docs/reference/topology.md lists every field of a topology and every setting of a processor', () => {
  const settings = namesIn('docs/reference/topology.md', 'setting', 'is', 'from … to')
  const fields = namesIn('docs/reference/topology.md', 'field', 'is')
  const deployed = settingsIn('What a deployed processor runs with').map(([name]) => name)
  expect(settings).toEqual([...KNOWN.delivery])
  const recorded = settingsIn('What becomes of failures').map(([name]) => name)
  const topology = [...fields, ...settings, ...deployed.filter((name) => name !== 'concurrency'), ...recorded]
  expect(topology.toSorted()).toEqual([...KNOWN.fields.topology].toSorted())
  const [, processors = ''] = read('docs/reference/topology.md').split('\n## Processors\n')
  const named = KNOWN.fields.processor.filter((name) => !processors.includes(`\`${name}\``))
  expect(named).toEqual([])
})

/** The settings that a section lists: name, range and default. */
function settingsIn(section: string): (readonly [name: string, range: string, fallback: string])[] {
  const [, text = ''] = read('docs/reference/topology.md').split(`\n## ${section}\n`)
  const lines = text.split('\n## ')[0]!.split('\n')
  const rows = lines
    .slice(
      0,
      lines.indexOf(
        '',
        lines.findIndex((line) => line.startsWith('| `')),
      ),
    )
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).split('|'))
  return rows.map(([name = '', , range = '', fallback = '']) => [
    name.trim().replaceAll('`', ''),
    range.trim(),
    fallback.trim(),
  ])
}

test.each(['How messages are carried', 'What a deployed processor runs with', 'What becomes of failures'])(
  'docs/reference/topology.md, %s: each setting has the range and the default of the source',
  (section) => {
    const fallbacks: Record<string, unknown> = {
      via: KNOWN.fallback,
      ...CARRIER_RULES.kinesis.defaults,
      ...DELIVERY_DEFAULTS,
      ...DEFAULTS,
    }
    for (const [name, range, fallback] of settingsIn(section)) {
      if (name !== 'environment' && name !== 'errors') expect([name, range]).toEqual([name, KNOWN.rules[name]?.must])
      const { kinesis, sqs } = CARRIER_RULES as unknown as Record<string, { defaults: Record<string, unknown> }>
      const [here, there] = [kinesis?.defaults[name], sqs?.defaults[name]]
      const expected = there !== undefined && here !== there ? `kinesis ${here}, sqs ${there}` : fallbacks[name]
      if (typeof expected !== 'object' && expected !== undefined)
        expect([name, fallback]).toEqual([name, `${expected}`])
    }
  },
)

test('docs/reference/simulation.md lists every kind of line that a transcript has', () => {
  const kinds = [...read('src/simulator/transcript.ts').matchAll(/readonly kind: '(\w+)'/g)].map(([, kind]) => kind)
  expect(namesIn('docs/reference/simulation.md', 'kind')).toEqual(kinds)
})

test('docs/reference/packages.md lists the packages that are tested, with their versions and what they need', () => {
  expect(tableOf('docs/reference/packages.md', 'package', 'version')).toEqual(packageRows())
})

test('docs/contributing/architecture.md has every folder and file of src', () => {
  const listed = namesIn('docs/contributing/architecture.md', 'folder or file')
  const entries = readdirSync(join(root, 'src')).map((name) => `src/${name}`)
  const folderOf = (entry: string) => entry.replace(/^src\/testing\.ts$/, 'src/testing')
  expect(entries.map(folderOf).filter((entry) => !listed.includes(entry))).toEqual([])
})
