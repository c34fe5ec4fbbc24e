import type { Files } from './bundled.ts'
import { type Choices, moduleText, OLD_FORMS, type Target } from './random-modules.ts'

/** Adds modules that import each other, and modules that are found by a computed path. */
export function localExtras(
  choices: Choices,
  files: Record<string, string>,
  folder: string,
  log: string,
  type: string | undefined,
): readonly Target[] {
  const targets: Target[] = []
  if (choices.chance(0.4)) {
    files[`${folder}/round.mjs`] =
      `import { two } from './trip.mjs';\n${log}('round')\nexport function one() { return 'one' }\nexport const value = [two(), typeof globalThis]\nexport default 'round'\n`
    files[`${folder}/trip.mjs`] =
      `import { one, value as late } from './round.mjs';\n${log}('trip')\nexport function two() { return ['two', one()] }\nexport const value = () => late\nexport default 'trip'\n`
    targets.push({ specifier: choices.of(['./round.mjs', './trip.mjs']), kind: 'module' })
  }
  if (choices.chance(0.4)) {
    files[`${folder}/there.cjs`] = `exports.early = 1;\n${log}('there');\nexports.value = require('./back.cjs')\n`
    files[`${folder}/back.cjs`] =
      `const it = require('./there.cjs');\n${log}('back');\nexports.value = [Object.keys(it), it.early]\n`
    targets.push({ specifier: choices.of(['./there.cjs', './back.cjs']), kind: 'commonjs' })
  }
  if (choices.chance(0.4)) {
    for (const plug of ['a', 'b'])
      files[`${folder}/plugs/${plug}.cjs`] = `${log}('plug ${plug}');\nexports.value = '${plug}'\n`
    files[`${folder}/plugged.cjs`] =
      `const name = 'b';\n${log}('plugged');\nexports.value = require('./plugs/' + name + '.cjs').value\n`
    const isWaiting = choices.mayWait()
    files[`${folder}/plugged.mjs`] =
      `const name = 'a';\n${log}('plugged');\nexport const value = (await import(\`./plugs/\${name}.cjs\`)).value\nexport default 'plugged'\n`
    targets.push(
      choices.of([
        { specifier: './plugged.cjs', kind: 'commonjs' },
        ...(isWaiting ? [{ specifier: './plugged.mjs', kind: 'module' } as const] : []),
      ]),
    )
  }
  if (choices.chance(0.3)) {
    files[`${folder}/waits.mjs`] =
      `await Promise.resolve();\n${log}('waits')\nexport const value = import.meta.filename.split(/[/\\\\]/).pop()\nexport default class Waits { static value = value }\n`
    targets.push({ specifier: './waits.mjs', kind: 'module' })
  }
  if (choices.chance(0.3) && type !== 'module') {
    files[`${folder}/strict/index.js`] =
      `'use strict';\n${log}('strict');\nexports.value = [(function () { return this === undefined })(), arguments.length, require.main === module, typeof require.resolve]\n`
    targets.push({ specifier: './strict/index.js', kind: 'commonjs' })
  }
  return targets
}

interface PackagesOptions {
  readonly choices: Choices
  readonly files: Record<string, string>
  readonly links: Record<string, string>
  readonly folder: string
  readonly log: string
}

/** Makes some packages, each of another layout. Returns what of them may be imported. */
export function randomPackages({ choices, files, links, folder, log }: PackagesOptions): readonly Target[] {
  const targets: Target[] = []
  const text = (kind: 'module' | 'commonjs', name: string, uses: readonly Target[] = []) =>
    moduleText({
      ...{ choices, kind, ending: '.js', targets: uses, name, log, isPackage: true },
      form: kind === 'module' ? 'module' : choices.of(OLD_FORMS),
    })
  const write = (name: string, manifest: object, contents: Files, at = `${folder}/node_modules/${name}`) => {
    files[`${at}/package.json`] = JSON.stringify({ name, version: '1.0.0', ...manifest })
    for (const [path, one] of Object.entries(contents)) files[`${at}/${path}`] = one
  }
  const old = { specifier: 'old', kind: 'commonjs' } as const
  write(
    'old',
    { main: './lib/main.js', module: './wrong.mjs' },
    {
      'lib/main.js': text('commonjs', 'old', []),
      'wrong.mjs': `export const value = 'wrong'`,
    },
  )
  targets.push(old)
  if (choices.chance(0.6)) {
    const conditions = choices.of([
      { import: './i.mjs', require: './r.cjs' },
      { module: './wrong.mjs', node: { import: './i.mjs', default: './r.cjs' }, default: './wrong.mjs' },
      { browser: './wrong.mjs', require: './r.cjs', default: './i.mjs' },
    ])
    write(
      'dual',
      { exports: { '.': conditions, './*': './sub/*.cjs' }, sideEffects: false },
      {
        'i.mjs': text('module', 'dual-import', choices.of([[], [old]])),
        'r.cjs': text('commonjs', 'dual-require', choices.of([[], [old]])),
        'sub/deep.cjs': text('commonjs', 'dual-deep'),
        'wrong.mjs': `export const value = 'wrong'`,
      },
    )
    targets.push({ specifier: 'dual', kind: 'dual' }, { specifier: 'dual/deep', kind: 'commonjs' })
  }
  if (choices.chance(0.5)) {
    write('fresh', { type: 'module', exports: './index.js' }, { 'index.js': text('module', 'fresh', [old]) })
    targets.push({ specifier: 'fresh', kind: 'module' })
  }
  if (choices.chance(0.4)) {
    const manifest = {
      type: 'module',
      imports: { '#dep': { node: './dep.js', default: './wrong.js' } },
      exports: { '.': './index.js', './self': './self.js', './*.json': './*.json' },
    }
    write('deep', manifest, {
      'index.js': `import { createRequire } from 'node:module';\nimport { value as dep } from '#dep';\nimport { value as self } from 'deep/self';\nimport data from './data.json' with { type: 'json' };\n${log}('deep')\nexport const value = [await Promise.resolve(dep), self, data.n, createRequire(import.meta.url)('old').value]\nexport default 'deep'\n`,
      'dep.js': `${log}('dep');\nexport const value = 'dep'\n`,
      'self.js': `${log}('self');\nexport const value = 'self'\nexport default function self() {}\n`,
      'wrong.js': `export const value = 'wrong'`,
      'data.json': '{ "n": 1 }',
    })
    targets.push({ specifier: 'deep', kind: 'module' }, { specifier: 'deep/data.json', kind: 'json' })
  }
  if (choices.chance(0.5)) {
    const nested = `${folder}/node_modules/nests/node_modules/old`
    write('nests', { main: 'index' }, { 'index.js': text('commonjs', 'nests', [old]) })
    write('old', { version: '2.0.0' }, { 'index.js': text('commonjs', 'old2') }, nested)
    targets.push({ specifier: 'nests', kind: 'commonjs' })
  }
  if (choices.chance(0.5)) {
    const type = choices.of(['module', 'commonjs'] as const)
    write('linked', { type, main: './index.js' }, { 'index.js': text(type, 'linked') }, `${folder}/packages/linked`)
    links[`${folder}/node_modules/linked`] = '../packages/linked'
    targets.push({ specifier: 'linked', kind: type })
  }
  return targets
}
