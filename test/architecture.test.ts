import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, it } from 'vitest'

/** From left to right: what stands in one row may import only rows before it, and its own folder or file. */
const LAYERS = [
  ['errors'],
  ['topology'],
  ['graph'],
  ['runtime'],
  ['aws'],
  ['carriers', 'stores'],
  ['code'],
  ['simulator', 'bundle', 'deploy', 'project'],
  ['clouds'],
  ['testing', 'ui', 'index'],
  ['cli'],
]
/** Folders whose own folders are siblings that never import each other. */
const FAMILIES = ['carriers', 'stores', 'clouds']
const ROOT = join(import.meta.dirname, '..', 'src')

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
const layerOf = (file: string) => file.split(sep)[0]!.replace(/\.ts$/, '')
const rankOf = (layer: string) => LAYERS.findIndex((row) => row.includes(layer))
const importsOf = (file: string) =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, join(ROOT, dirname(file), path!)),
  )

it('every folder and file of src has its layer', () => {
  expect(files.filter((file) => rankOf(layerOf(file)) === -1)).toEqual([])
})

it('left never imports right, and siblings never import each other', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => {
        const [from, to] = [layerOf(file), layerOf(imported)]
        if (from !== to) return rankOf(to) >= rankOf(from)
        return FAMILIES.includes(from) && file.split(sep)[1] !== imported.split(sep)[1]
      })
      .map((imported) => `${file} imports ${imported}`),
  )
  expect(wrong).toEqual([])
})

it('one command never imports another', () => {
  const commands = join('cli', 'commands')
  const isCommand = (file: string) => dirname(file) === commands
  expect(files.filter((file) => isCommand(file) && importsOf(file).some(isCommand))).toEqual([])
})

it('only the hosts, of the command line and of deployed functions, touch the process, the console and the clock', () => {
  const touching = files.filter((file) => /(?<![\w.'"`/-])(?:process\.|console\.|Date\.now\b)/.test(read(file)))
  const hosts = [
    join('cli', 'host.ts'),
    join('cli', 'signals.ts'),
    join('cli', 'temporary.ts'),
    join('bundle', 'entry', 'host.ts'),
  ]
  expect(touching.filter((file) => !hosts.includes(file))).toEqual([])
})

it('what clients are made of is loaded when needed by a module of our own: bundled, theirs have no names', () => {
  const loads = files.flatMap((file) =>
    [...read(file).matchAll(/(?<!typeof )\bimport\('@aws-sdk.*/g)].map(([line]) => `${file}: ${line}`),
  )
  expect(loads).toEqual([])
})
