import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openBuilder } from '../../src/project/build.ts'
import { compile } from '../../src/project/compile.ts'
import { projectFolder } from './folder.ts'

const PROJECT = {
  'package.json': '{ "type": "module", "imports": { "#inner": "./x/index.ts" } }',
  'tsconfig.json': '{ "extends": ["./base.json", "bases/strict"] }',
  'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./first/*", "./second/*"] } } }',
  'node_modules/bases/package.json': '{ "name": "bases" }',
  'node_modules/bases/strict.json': '{ "compilerOptions": { "alwaysStrict": false } }',
  'topology.ts': `import { x } from './x'
import { y } from './sub/y.js'
import { p } from 'p'
import { deep } from 'p/deep'
import { lib } from '@lib/lib'
import { inner } from '#inner'
import { based } from 'based'
import { linked } from './linked.ts'
import { member } from 'member'
import data from './data'
const plug = (name: string) => import(\`./plug/\${name}\`)
class A { z; constructor() { this.z = 1 } }
export default { name: 'cached', processors: { a: () => [x, y, p, deep, lib, inner, based, linked, member, data, plug, A] } }`,
  'x/index.ts': 'export const x = 1; export const inner = 1',
  'sub/y.ts': `import { p } from 'p'\nexport const y = [p]`,
  'second/lib.ts': 'export const lib = 1',
  'one.ts': 'export const linked = 1',
  'two.ts': 'export const linked = 2',
  'data.json': '{ "n": 1 }',
  'plug/a.ts': 'export const a = 1',
  'node_modules/based/package.json': '{ "name": "based", "type": "module" }',
  'node_modules/based/index.js': 'export const based = 1',
  'node_modules/p/package.json': '{ "name": "p", "type": "module" }',
  'node_modules/p/index.js': 'export const p = 1',
  'node_modules/p/typed.ts': 'export const p = 1',
  'node_modules/p/deep.ts': 'export const deep = 1',
  'packages/member/package.json': '{ "name": "member", "type": "module", "main": "one.ts" }',
  'packages/member/one.ts': 'export const member = 1',
  'packages/member/two.ts': 'export const member = 2',
  'packages/other/package.json': '{ "name": "member", "type": "module", "main": "one.ts" }',
  'packages/other/one.ts': 'export const member = 3',
}

const CODE = 'export const x = 1, y = 1, p = 1, deep = 1, lib = 1, inner = 1, based = 1, linked = 1, member = 1, a = 1'

/** One thing that happens to a project. */
type Edit = (folder: string) => void

function write(folder: string, path: string, text: string): void {
  const file = join(folder, path)
  if (existsSync(file) && statSync(file).isDirectory()) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Files that are not there at first, and from then on are what an import means. */
const NEWCOMERS = [
  ...['x.js', 'x.ts', 'x.tsx', 'x.json', 'x/index.js', 'sub/y.js', 'sub/y.js.ts', 'first/lib.ts', 'first/lib.js'],
  ...['first/lib/index.ts', 'second/lib.js', 'based.ts', 'based/index.ts', 'data.js', 'data.ts', 'data', 'plug/b.ts'],
  ...['plug/c.js', 'plug/more/d.ts', 'plug/e.json', 'node_modules/p/deep.js', 'node_modules/p/deep/index.js'],
  ...['node_modules/p/index.ts', 'node_modules/based.js', 'packages/node_modules/p/index.js', 'x/index.tsx'],
]

const MANIFESTS = {
  'node_modules/p/package.json': [
    { type: 'module' },
    { main: 'typed.ts' },
    { main: './index.js' },
    { main: 'typed' },
    { exports: { '.': './typed.ts', './deep': './deep.ts' } },
    { exports: { '.': { node: './index.js', default: './typed.ts' }, './*': './*.ts' } },
  ],
  'packages/member/package.json': [{ main: 'two.ts' }, { main: 'one' }, { exports: './two.ts' }, { type: 'commonjs' }],
  'package.json': [
    { type: 'commonjs', imports: { '#inner': './x/index.ts' } },
    { type: 'module', imports: { '#inner': ['./x/index.ts'] } },
    { type: 'module', imports: { '#inner': './sub/inner.ts' } },
    { imports: { '#*': './x/index.ts' } },
  ],
  'base.json': [
    { compilerOptions: { paths: { '@lib/*': ['./second/*'] } } },
    { compilerOptions: { paths: { '@lib/*': ['./first/*', './second/*'], based: ['./based'] } } },
    { compilerOptions: { baseUrl: '.', paths: { '@lib/lib': ['second/lib'] } } },
    { compilerOptions: { baseUrl: '.', useDefineForClassFields: false } },
  ],
  'node_modules/bases/strict.json': [
    { compilerOptions: { useDefineForClassFields: false } },
    { compilerOptions: { target: 'es2020' } },
    { compilerOptions: { verbatimModuleSyntax: true } },
  ],
  'sub/tsconfig.json': [{ compilerOptions: { useDefineForClassFields: false } }, {}],
  'sub/package.json': [{ type: 'commonjs' }, { type: 'module' }],
} as const

const pathsOf = Object.keys(PROJECT).filter((path) => /^(?!node_modules\/bases).*\.ts$/.test(path))

const edit: fc.Arbitrary<readonly [string, Edit]> = fc.oneof(
  fc.tuple(fc.constantFrom(...pathsOf), fc.nat(9)).map(([path, n]): [string, Edit] => [
    `${path} holds ${n}`,
    (folder) => {
      if (!existsSync(join(folder, path))) return
      // Times and size may be what they were.
      const { atime, mtime } = statSync(join(folder, path))
      write(folder, path, readFileSync(join(folder, path), 'utf8').replace(/= \d/, `= ${n}`))
      if (n % 2 === 0) utimesSync(join(folder, path), atime, mtime)
    },
  ]),
  fc.constantFrom(...NEWCOMERS).map((path): [string, Edit] => [
    `${path} comes, or goes`,
    (folder) => {
      if (existsSync(join(folder, path))) rmSync(join(folder, path), { recursive: true })
      else write(folder, path, path.endsWith('.json') ? '{ "n": 2 }' : CODE)
    },
  ]),
  fc
    .constantFrom(...Object.entries(MANIFESTS))
    .chain(([path, all]) => fc.constantFrom<object>(...all).map((manifest) => [path, manifest] as const))
    .map(([path, manifest]): [string, Edit] => [
      `${path} is ${JSON.stringify(manifest)}`,
      (folder) => write(folder, path, JSON.stringify(manifest)),
    ]),
  fc.constantFrom('sub/node_modules/p', 'packages/node_modules/p').map((path): [string, Edit] => [
    `a copy of p appears in ${path}, or is removed`,
    (folder) => {
      if (existsSync(join(folder, path))) rmSync(join(folder, path), { recursive: true })
      else cpSync(join(folder, 'node_modules/p'), join(folder, path), { recursive: true })
    },
  ]),
  fc
    .constantFrom(['linked.ts', 'one.ts', 'two.ts'], ['node_modules/member', '../packages/member', '../packages/other'])
    .map(([path, one, other]): [string, Edit] => [
      `${path} leads elsewhere`,
      (folder) => {
        const link = join(folder, path!)
        const target = lstatSync(link).isSymbolicLink() && readdirSync(dirname(link)) ? one! : other!
        const is = existsSync(link) && statSync(link).ino === statSync(join(dirname(link), target)).ino
        rmSync(link)
        symlinkSync(is ? other! : one!, link)
      },
    ]),
  fc.tuple(fc.nat(99), fc.constantFrom('gone', 'cut', 'empty')).map(([at, what]): [string, Edit] => [
    `file ${at} of the cache is ${what}`,
    (folder) => {
      const cache = join(folder, 'node_modules/.cache/attak')
      const files = existsSync(cache)
        ? readdirSync(cache, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        : []
      const found = files[at % Math.max(files.length, 1)]
      if (found === undefined) return
      const file = join(found.parentPath, found.name)
      if (what === 'gone') rmSync(file)
      else truncateSync(file, what === 'cut' ? Math.floor(statSync(file).size / 2) : 0)
    },
  ]),
)

/** What a build without a cache makes: contents by path; undefined if it fails. */
async function freshOf(folder: string): Promise<Readonly<Record<string, string>> | undefined> {
  const out = mkdtempSync(join(folder, 'node_modules/.cache/fresh-'))
  const compiled = await compile([join(folder, 'topology.ts')], out)
  rmSync(out, { recursive: true })
  if (compiled.kind === 'failed') return undefined
  return Object.fromEntries(
    compiled.outputs.map(({ path, contents }) => [relative(out, path), Buffer.from(contents).toString()]),
  )
}

/** What the cache has, of the same files. */
async function cachedOf(
  folder: string,
  fresh: Readonly<Record<string, string>> | undefined,
): Promise<Readonly<Record<string, string | undefined>> | 'nothing'> {
  const builder = openBuilder(join(folder, 'topology.ts'), () => folder)
  const last = await builder.last()
  if (last === undefined) return 'nothing'
  const entry = fileURLToPath(last.entries.get(join(folder, 'topology.ts'))!)
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  return Object.fromEntries(Object.keys(fresh ?? {}).map((path) => [path, read(join(dirname(entry), path))]))
}

test('after any edits the cached build equals a build without a cache, or there is none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      const folder = projectFolder(PROJECT)
      try {
        symlinkSync('one.ts', join(folder, 'linked.ts'))
        symlinkSync('../packages/member', join(folder, 'node_modules/member'))
        mkdirSync(join(folder, 'node_modules/.cache'), { recursive: true })
        for (const [what, make] of [['nothing', () => undefined] as const, ...edits]) {
          make(folder)
          const fresh = await freshOf(folder)
          const cached = await cachedOf(folder, fresh)
          if (cached !== 'nothing') expect(fresh === undefined ? 'it does not build' : cached, what).toEqual(fresh)
          else if (fresh !== undefined) {
            await openBuilder(join(folder, 'topology.ts'), () => folder).build([])
            expect(await cachedOf(folder, fresh), what).toEqual(fresh)
          }
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: Number(process.env.ATTAK_TEST_RUNS ?? 6) },
  )
})
