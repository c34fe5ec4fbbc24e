import type { Files } from './bundled.ts'

/** A project, and what its processor emits. */
export interface Case {
  readonly files: Files
  readonly emits: readonly unknown[]
}

const topologyOf = (file: string) => ({ 'topology.json': `{ "name": "same", "processors": { "a": "./${file}" } }` })

/** A package of one CommonJS file, or of the files given. */
export const packageOf = (name: string, main: string, manifest: object = {}): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js', ...manifest }),
  [`node_modules/${name}/index.js`]: main,
})

const DUAL: Files = {
  ...packageOf('dual', `module.exports = function dual() { return 'commonjs' }\nmodule.exports.named = 'main'`, {
    module: 'index.mjs',
  }),
  'node_modules/dual/index.mjs': `export default function dual() { return 'module' }\nexport const named = 'module'`,
}

/** Cases run in one process, too: each has a list of its own. */
const logTo = (list: string): Files =>
  packageOf('log', `globalThis.${list} ??= []; module.exports = (name) => globalThis.${list}.push(name)`)

/** By what is special in them. */
export const CASES: Readonly<Record<string, Case>> = {
  'a topology sets up what an imported handler uses': {
    files: {
      'topology.mjs': `import './first.mjs'
import { order } from './order.mjs'
import { rate, setRate } from './rate.mjs'
import { a } from './a.mjs'
import { b } from './b.mjs'
setRate(2)
order.push('topology')
export default { name: 'same', processors: { a, b, c: () => rate() } }`,
      'order.mjs': `export const order = []`,
      'first.mjs': `import { order } from './order.mjs'\norder.push('first')`,
      'rate.mjs': `let n = 1\nexport const rate = () => n\nexport const setRate = (to) => { n = to }`,
      'a.mjs': `import { order } from './order.mjs'\nimport { rate } from './rate.mjs'\norder.push('a')\nexport const a = (event, c) => c.emit('out', [rate(), order])`,
      'b.mjs': `export const b = () => 1`,
    },
    emits: [[2, ['first', 'a', 'topology']]],
  },
  'a topology wraps what it imports': {
    files: {
      'topology.mts': `import * as all from './all.mts'
const named = (name: string, handler: any) => (event: unknown, c: any) => handler([name, event], c)
export default { name: 'same', processors: { a: named('wrapped', all.a), b: all.b } }`,
      'all.mts': `export { a } from './a.mjs'\nexport { b } from './b.mjs'`,
      'a.mjs': `export const a = (event, c) => c.emit('out', event)`,
      'b.mjs': `export const b = () => 1`,
    },
    emits: [['wrapped', 'event']],
  },
  'an imported handler reads its settings by this': {
    files: {
      'topology.mjs': `import { a, b } from './all.mjs'
export default { name: 'same', processors: { a: { handler: a, memory: 256 }, b: { handler: b, memory: 128 } } }`,
      'all.mjs': `export { default as a, b } from './a.mjs'`,
      'a.mjs': `export default function a(event, c) { c.emit('out', this.memory) }\nexport const b = () => 1`,
    },
    emits: [256],
  },
  'a topology imports a whole module of handlers that import each other': {
    files: {
      'topology.mjs': `import * as all from './all.mjs'\nexport default { name: 'same', processors: all }`,
      'all.mjs': `export * from './a.mjs'\nexport { default as b } from './b.mjs'`,
      'a.mjs': `import { b } from './all.mjs'\nexport const a = (event, c) => c.emit('out', [event, b.name])`,
      'b.mjs': `export default function second() {}`,
    },
    emits: [['event', 'second']],
  },
  'CommonJS requires what attak exports': {
    files: {
      'topology.cjs': `const { defineTopology } = require('attak')
        module.exports = defineTopology({ name: 'same', processors: { a: (event, c) => c.emit('out', event) } })`,
    },
    emits: ['event'],
  },
  'a tsconfig.json sets the kind of decorators': {
    files: {
      ...topologyOf('a.ts'),
      'tsconfig.json': `{ "compilerOptions": { "experimentalDecorators": true } }`,
      'a.ts': `const seen: unknown[] = []
        const note = (...args: unknown[]) => void seen.push(args.length, typeof args[1])
        class Bill { @note pay() {} }
        new Bill().pay()
        export const handler = (event: unknown, c: any) => c.emit('out', seen)`,
    },
    emits: [[3, 'string']],
  },
  'CommonJS assigns to variables that nobody declared': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `exports.handler = (event, c, cb) => { x = 1; c.emit('out', [x, typeof globalThis.x]); cb() }`,
    },
    emits: [[1, 'number']],
  },
  'a computed path begins in the folder of the project, where packages and hidden folders are': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `const [name] = ['one']
        exports.handler = (e, c) => c.emit('out', [require('./' + name + '.cjs'), require('./.plug/' + name + '.cjs'), require('./.plug/two.cjs')])`,
      'one.cjs': `module.exports = 1`,
      'node_modules/.cache/broken.cjs': '((',
      'node_modules/broken/broken.cjs': '((',
      '.attak/broken.cjs': '((',
      'deep/.hidden/broken.cjs': '((',
      '.plug/one.cjs': `module.exports = ['plug', require('./two.cjs')]`,
      '.plug/two.cjs': `module.exports = 2`,
      '.plug/.hidden/broken.cjs': '((',
    },
    emits: [[1, ['plug', 2], 2]],
  },
  'an import names a path that the exports of its package do not have': {
    files: {
      ...topologyOf('a.mjs'),
      'a.mjs': `import { createRequire } from 'node:module'
        import used from 'uses'
        import { old } from './old.cjs'
        const code = async (ask) => { try { return await ask() } catch (error) { return error.code } }
        const require = createRequire(import.meta.url)
        export const handler = async (event, c) => c.emit('out', [
          await import('closed/inner.js').catch(({ code }) => code), await import('half').catch(({ code }) => code), await code(() => require('closed/inner.js')),
          await code(() => require.resolve('closed/inner.js')), ...(await used(code)), ...(await old(code))])`,
      'old.cjs': `exports.old = (code) => Promise.all([code(() => { try { return require('closed/inner.js') } catch (e) { throw e } }), code(() => require.resolve('@a/closed/package.json')),
        code(() => { try { return require('nowhere/at/all') } catch (e) { throw e } })])`,
      ...packageOf(
        'uses',
        `module.exports = (code) => Promise.all([code(() => require('closed/inner.js')), code(() => require.resolve('closed/inner.js')), code(async () => (await import('closed')).is), code(() => require('half')), code(() => require('@a/closed/index.js'))])`,
      ),
      ...packageOf('closed', `exports.is = 'open'`, { exports: { '.': './index.js' } }),
      'node_modules/closed/inner.js': `module.exports = 'inner'`,
      ...packageOf('half', `module.exports = 'half'`, { exports: { require: './index.js' } }),
      ...packageOf('@a/closed', '', { exports: {} }),
    },
    emits: [
      [
        ...['ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
        ...['ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
        ...['open', 'half'],
        ...['ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
        'MODULE_NOT_FOUND',
      ],
    ],
  },
  'CommonJS asks where its files are, and which packages are missing': {
    files: {
      ...topologyOf('deep/a.cjs'),
      'deep/a.cjs': `const { existsSync, readFileSync } = require('node:fs')
const { dirname, basename } = require('node:path')
const at = (ask) => { try { const file = ask(); return [existsSync(file), dirname(file) === __dirname] } catch (error) { return error.code } }
const DATA = './da' + 'ta.json'
const { resolve: find } = require
exports.handler = (event, c) => c.emit('out', [
  at(() => require.resolve('./data.json')), JSON.parse(readFileSync(require.resolve(DATA))).n, at(() => find('./lib')), at(() => require.resolve('./other.cjs')),
  at(() => require.resolve('./folder')), at(() => require.resolve('./nope')), at(() => require.resolve('nowhere')), require.resolve('node:fs'),
  at(() => require.resolve('closed/inner.js')), require(require.resolve('./lib')).x, basename(require.resolve('../top.json')), basename(require.resolve('./late.mjs'))])`,
      'deep/data.json': '{ "n": 1 }',
      'deep/lib.js': 'exports.x = require("./used").y',
      'deep/used.js': 'exports.y = 2',
      'deep/other.cjs': '',
      'deep/folder/index.js': '',
      'deep/late.mjs': 'export {}',
      'top.json': '{}',
      ...packageOf('closed', '', { exports: { '.': './index.js' } }),
    },
    emits: [
      [
        ...[
          [true, true],
          1,
          [true, true],
          [true, true],
          [true, false],
          'MODULE_NOT_FOUND',
          'MODULE_NOT_FOUND',
          'node:fs',
        ],
        ...['ERR_PACKAGE_PATH_NOT_EXPORTED', 2, 'top.json', 'late.mjs'],
      ],
    ],
  },
  'a module asks where its files are, and which packages are missing': {
    files: {
      'package.json': '{ "imports": { "#inner": "./inner.js" } }',
      'a.mjs': `import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
const load = createRequire(import.meta.url)
const at = (ask) => { try { return existsSync(new URL(ask())) } catch (error) { return error.code } }
const { resolve } = import.meta
export const handler = async (event, c) => c.emit('out', [
  at(() => import.meta.resolve('./data.json')), JSON.parse(readFileSync(fileURLToPath(import.meta.resolve('./data.json')))).n,
  at(() => import.meta.resolve('./lib.js')), (await import('./lib.js')).x, at(() => resolve('./other.mjs')), at(() => import.meta.resolve('#inner')),
  at(() => import.meta.resolve('./nope.js')), at(() => import.meta.resolve('nowhere')), at(() => import.meta.resolve('closed/inner.js')), import.meta.resolve('node:fs'),
  existsSync(load.resolve('./more')), JSON.parse(readFileSync(load.resolve('./data.json'))).n])`,
      'data.json': '{ "n": 1 }',
      'lib.js': 'exports.x = 2',
      'inner.js': '',
      'more.js': '',
      'other.mjs': '',
      ...packageOf('closed', '', { exports: { '.': './index.js' } }),
    },
    emits: [
      [
        true,
        1,
        true,
        2,
        true,
        true,
        false,
        'ERR_MODULE_NOT_FOUND',
        'ERR_PACKAGE_PATH_NOT_EXPORTED',
        'node:fs',
        true,
        1,
      ],
    ],
  },
  'TypeScript asks where its files are': {
    files: {
      ...topologyOf('deep/a.ts'),
      'deep/a.ts': `import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { old } from './old.cjs'
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')).n as number
export const handler = (event: unknown, c: any) => c.emit('out', [read(require.resolve('./data.json')), dirname(require.resolve('./data.json')) === __dirname,
  existsSync(require.resolve('./lib')), read(new URL(import.meta.resolve('./data.json')).pathname), existsSync(new URL(import.meta.resolve('./lib.ts'))), old])`,
      'deep/count.cjs': `module.exports = globalThis.times = (globalThis.times ?? 0) + 1`,
      'deep/old.cjs': `const { dirname } = require('node:path')
const counts = [require('./count.cjs'), require('./count.cjs'), delete require.cache[require.resolve('./count.cjs')], require('./count.cjs'), require(require.resolve('./count.cjs')), require.resolve('./count.cjs') in require.cache]
exports.old = [require('node:fs').existsSync(require.resolve('./lib.ts')), require(require.resolve('./data.json')).n, dirname(require.resolve('./count.cjs')) === __dirname, counts]`,
      'deep/data.json': '{ "n": 1 }',
      'deep/lib.ts': 'export const x: number = 1',
    },
    emits: [[1, true, true, 1, true, [true, 1, true, [1, 1, true, 2, 2, true]]]],
  },
  'a computed path leads into a folder that does not exist': {
    files: {
      ...topologyOf('a.ts'),
      'package.json': '{}',
      'a.ts': `import pkg from 'pkg'
import module from 'es'
import { old } from './old.cjs'
const code = async (ask: () => unknown) => { try { return await ask() } catch (error) { return (error as any).code } }
export const handler = async (ü: unknown, c: any) => c.emit('out', [
  await code(() => import('./nope/' + ü + '.js')), /* ü */ await code(() => import(\`./nope/\${ü}.js\`)), await code(() => require('../nope/' + ü)),
  await code(() => import(ü ? './none/' + ü : './other/' + ü)), ...(await old(code)), ...(await pkg(code)), ...(await module(code))])`,
      'old.cjs': `exports.old = async (code, x = 'x') => [await code(() => require('./nope/' + x)), await code(() => import('./nope/' + x)), await code(() => require(\`./nope/\${x}/y\`))]`,
      ...packageOf(
        'pkg',
        `module.exports = async (code, x = 'x') => [await code(() => require('./nope/' + x)), await code(() => import('./nope/' + x + '.js')), await code(() => require('./there/' + x)), await code(() => import('./there/' + x + '.js')), await code(() => require('./there/' + 'y'))]`,
      ),
      'node_modules/pkg/there/y.js': `module.exports = 'y'`,
      ...packageOf(
        'es',
        `export default async (code, x = 'x') => [await code(() => import('./nope/' + x)), await code(() => import('./there/' + x + '.js')), (await code(() => import('./there/' + 'y' + '.js'))).default, import('./there/' + x + '.js').catch(() => 0) instanceof Promise]`,
        { type: 'module' },
      ),
      'node_modules/es/there/y.js': `export default 'y'`,
    },
    emits: [
      [
        ...['ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'],
        ...['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'],
        ...['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'y'],
        ...['ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'y', true],
      ],
    ],
  },
  'TypeScript asks for what a package below its folder closes': {
    files: {
      ...topologyOf('deep/a.ts'),
      'deep/a.ts': `import { is } from 'closed'
import { b } from './more/b.ts'
const code = async (ask: () => unknown) => { try { return await ask() } catch (error) { return (error as any).code } }
export const handler = async (event: unknown, c: any) => c.emit('out', [is, b, await import('closed/inner.js').catch((error) => error.code), await code(() => { try { return require('closed/inner.js') } catch (error) { throw error } }),
  await code(() => import.meta.resolve('closed/inner.js')), await code(async () => (await import('closed')).is), await code(() => require.resolve('closed/inner.js')), await import('@a/top/x').catch((error) => error.code)])`,
      'deep/more/b.ts': `import { is } from 'closed'\nexport const b = is`,
      'deep/node_modules/closed/package.json': JSON.stringify({ name: 'closed', exports: { '.': './index.js' } }),
      'deep/node_modules/closed/index.js': `exports.is = 'open'`,
      'deep/node_modules/closed/inner.js': `module.exports = 'inner'`,
      ...packageOf('@a/top', '', { exports: { '.': './index.js' } }),
    },
    emits: [
      [
        ...['open', 'open', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
        ...['ERR_PACKAGE_PATH_NOT_EXPORTED', 'open', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED'],
      ],
    ],
  },
  'CommonJS has syntax that strict code lacks': {
    files: {
      'package.json': '{}',
      ...topologyOf('a.cjs'),
      'a.cjs': `const found = [require('./words.js'), require('./old.cts'), require('./plug/' + ['a'][0] + '.cjs')]
exports.handler = async (e, c) => { with ({ x: 3 }) c.emit('out', [x, ...found, (await import('./late.mjs')).late]) }`,
      'words.js': `var static = 4, yield = 5, let = 6, octal = 010, text = '\\101', arguments = 7
if (true) function even() {} else function odd() {}
label: function labeled() {}
function twice(a, a) { return a }
for (var at = 8 in {}) ;
module.exports = [static, yield, let, octal, text, arguments, twice(1, 2), at, delete static] <!-- old`,
      'old.cts': `const { plain } = require('./plain.cjs')
module.exports = () => 0
with ({ y: plain }) module.exports = y`,
      'plain.cjs': `exports.plain = 9`,
      'plug/a.cjs': `with ({ z: 10 }) module.exports = z`,
      'late.mjs': `import words from './words.js'\nexport const late = await words[0]`,
    },
    emits: [[3, [4, 5, 6, 8, 'A', 7, 2, 8, false], 9, 10, 4]],
  },
  'a package has the same file for import and require': {
    files: {
      ...topologyOf('a.mjs'),
      'a.mjs': `import { which } from 'sync'
import { createRequire } from 'node:module'
import old from './old.cjs'
import outer from 'outer'
const require = createRequire(import.meta.url)
export const handler = (event, c) => c.emit('out', [which, require('sync').which, old, outer])`,
      'old.cjs': `const sync = require('sync')\nmodule.exports = [sync.which, Object.keys(sync)]`,
      ...packageOf('outer', `module.exports = require('sync').which`),
      ...packageOf('sync', `exports.which = 'require'`, {
        exports: { 'module-sync': './sync.mjs', import: './import.mjs', require: './index.js' },
      }),
      'node_modules/sync/sync.mjs': `export const which = 'module-sync'`,
      'node_modules/sync/import.mjs': `export const which = 'import'`,
    },
    emits: [['module-sync', 'module-sync', ['module-sync', ['which']], 'module-sync']],
  },
  'CommonJS requires into a variable that nobody declared': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `rp = require('sloppy')\nmodule.exports = (event, c) => c.emit('out', rp(3))`,
      ...packageOf(
        'sloppy',
        `module.exports = function (n) { implicit = n; return [implicit, arguments.callee.length, (function () { return this === globalThis })()] }`,
      ),
    },
    emits: [[3, 1, true]],
  },
  'an ES module imports a sloppy CommonJS package': {
    files: {
      'a.mjs': `import sloppy from 'sloppy'\nexport const handler = (event, c) => c.emit('out', sloppy(3))`,
      ...packageOf(
        'sloppy',
        `module.exports = function (n) { implicit = n; return [implicit, arguments.callee.length] }`,
      ),
    },
    emits: [[3, 1]],
  },
  'a TypeScript project has a sloppy CommonJS file': {
    files: {
      ...topologyOf('a.ts'),
      'a.ts': `import lib from './lib.cjs'\nexport const handler = (event: unknown, c: any) => c.emit('out', lib(event))`,
      'lib.cjs': `module.exports = function (e) { y = e; return [y, typeof arguments.callee, this === undefined] }`,
    },
    emits: [['event', 'function', false]],
  },
  'CommonJS sees this, its arguments, its file and its parent as in Node': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `const lib = require('./lib.cjs')
exports.handler = (event, c) => c.emit('out', [lib, this === exports, arguments.length, require.main === module])`,
      'lib.cjs': `module.exports = [typeof module.parent, require('node:path').basename(module.filename), typeof require.resolve, module.loaded]`,
    },
    emits: [[['object', 'lib.cjs', 'function', false], true, 5, false]],
  },
  'CommonJS says that it is strict': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `'use strict'\nconst lib = require('./lib.cjs')\nexports.handler = (event, c) => { try { z = 1; c.emit('out', 'sloppy') } catch { c.emit('out', lib) } }`,
      'lib.cjs': `module.exports = 'strict'`,
    },
    emits: ['strict'],
  },
  'a package without exports is its main file, required or imported': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `const dual = require('dual')\nexports.handler = async (event, c) => c.emit('out', [typeof dual, dual(), (await import('./b.mjs')).default])`,
      'b.mjs': `import dual, { named } from 'dual'\nexport default [typeof dual, dual(), named]`,
      ...DUAL,
    },
    emits: [['function', 'commonjs', ['function', 'commonjs', 'main']]],
  },
  'a package has the condition module, which Node does not know': {
    files: {
      'a.mjs': `import { kind } from 'conditional'\nexport const handler = (event, c) => c.emit('out', kind)`,
      ...packageOf('conditional', `exports.kind = 'require'`, {
        exports: { module: './module.mjs', import: './import.mjs', default: './index.js' },
      }),
      'node_modules/conditional/module.mjs': `export const kind = 'module'`,
      'node_modules/conditional/import.mjs': `export const kind = 'import'`,
    },
    emits: ['import'],
  },
  'a package with both formats is two instances, one for import and one for require': {
    files: {
      'a.mjs': `import { kind } from 'both'\nimport old from './old.cjs'\nexport const handler = (event, c) => c.emit('out', [kind, old])`,
      'old.cjs': `module.exports = require('both').kind`,
      ...packageOf('both', `exports.kind = 'require'`, { exports: { import: './import.mjs', require: './index.js' } }),
      'node_modules/both/import.mjs': `export const kind = 'import'`,
    },
    emits: [['import', 'require']],
  },
  'one instance of a CommonJS package, imported and required': {
    files: {
      'a.mjs': `import counter from 'counter'\nimport old from './old.cjs'\nimport { again } from 'wrapper'\nexport const handler = (event, c) => c.emit('out', [counter.next(), old(), again(), counter.next()])`,
      'old.cjs': `const { next } = require('counter')\nmodule.exports = () => next()`,
      ...packageOf('counter', `let n = 0\nexports.next = () => ++n`),
      ...packageOf('wrapper', `import { next } from 'counter'\nexport const again = () => next()`, { type: 'module' }),
    },
    emits: [[1, 2, 3, 4]],
  },
  'a module runs before the package that is imported after it': {
    files: {
      'a.mjs': `import './setup.mjs'\nimport read from 'reads'\nexport const handler = (event, c) => c.emit('out', read)`,
      'setup.mjs': `process.env.SETUP_BY_TEST = 'done'`,
      ...packageOf('reads', `export default process.env.SETUP_BY_TEST ?? 'too early'`, { type: 'module' }),
    },
    emits: ['done'],
  },
  'modules and packages of both kinds run in the order of their imports': {
    files: {
      'a.mjs': `import './one.mjs'\nimport 'es-one'\nimport './two.cjs'\nimport 'cjs-one'\nimport './three.mjs'\nimport 'es-two'\nexport const handler = (event, c) => c.emit('out', globalThis.loadedBy1)`,
      'one.mjs': `import log from 'log'\nlog('one')`,
      'two.cjs': `require('log')('two')`,
      'three.mjs': `import log from 'log'\nimport 'cjs-two'\nlog('three')`,
      ...logTo('loadedBy1'),
      ...packageOf('es-one', `import log from 'log'\nimport 'cjs-three'\nimport './inner.js'\nlog('es-one')`, {
        type: 'module',
        sideEffects: false,
      }),
      'node_modules/es-one/inner.js': `import log from 'log'\nlog('inner')`,
      ...packageOf('es-two', `import log from 'log'\nlog('es-two')`, { type: 'module' }),
      ...packageOf('cjs-one', `require('log')('cjs-one')`),
      ...packageOf('cjs-two', `require('log')('cjs-two')`),
      ...packageOf('cjs-three', `require('log')('cjs-three')`),
    },
    emits: [['one', 'cjs-three', 'inner', 'es-one', 'two', 'cjs-one', 'cjs-two', 'three', 'es-two']],
  },
  'packages share modules, and run in the order of their imports': {
    files: {
      'a.mjs': `import 'one'\nimport 'two'\nimport 'three'\nexport const handler = (event, c) => c.emit('out', globalThis.loadedBy2)`,
      ...logTo('loadedBy2'),
      ...packageOf(
        'one',
        `import './x.js'\nimport old from 'old'\nimport './y.js'\nimport log from 'log'\nlog(['one', old])`,
        { type: 'module' },
      ),
      'node_modules/one/x.js': `import log from 'log'\nlog('x')`,
      'node_modules/one/y.js': `import log from 'log'\nlog('y')`,
      ...packageOf(
        'two',
        `import log from 'log'\nimport './sub.js'\nimport 'one/y.js'\nlog('two')\nexport const later = () => import('./later.js')`,
        { type: 'module' },
      ),
      'node_modules/two/sub.js': `import log from 'log'\nlog('sub')`,
      'node_modules/two/later.js': `export default 1`,
      ...packageOf('three', `import log from 'log'\nimport { later } from 'two'\nlog((await later()).default)`, {
        type: 'module',
      }),
      ...packageOf('old', `require('log')('old')\nmodule.exports = 'o'`),
    },
    emits: [['x', 'old', 'y', ['one', 'o'], 'sub', 'two', 1]],
  },
  'modules of packages await at their top beside others that do not': {
    files: {
      'a.mjs': `import './b.mjs'\nimport 'one'\nimport './c.mjs'\nexport const handler = (event, c) => c.emit('out', globalThis.loadedBy3)`,
      'b.mjs': `import log from 'log'\nlog('b')\nawait 0\nlog('b end')`,
      'c.mjs': `import log from 'log'\nlog('c')`,
      ...logTo('loadedBy3'),
      ...packageOf('one', `import './x.js'\nimport './y.js'\nimport log from 'log'\nlog('one')`, { type: 'module' }),
      'node_modules/one/x.js': `import log from 'log'\nlog('x')\nawait new Promise((done) => setTimeout(done, 5))\nlog('x end')`,
      'node_modules/one/y.js': `import log from 'log'\nlog('y')`,
    },
    emits: [['b', 'x', 'y', 'c', 'b end', 'x end', 'one']],
  },
  'a project that says it has no side effects': {
    files: {
      'package.json': '{ "type": "module", "sideEffects": false }',
      'a.mjs': `import './effect.js'\nexport const handler = (event, c) => c.emit('out', globalThis.effect ?? 'pruned')`,
      'effect.js': `globalThis.effect = 'kept'`,
    },
    emits: ['kept'],
  },
  'createRequire finds packages and files': {
    files: {
      'a.mjs': `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const text = createRequire(import.meta.url)('text')
export const handler = (event, c) => c.emit('out', [text, require('text'), require('./data.json').n, typeof require('node:fs').readFileSync])`,
      'data.json': '{ "n": 7 }',
      ...packageOf('text', `module.exports = 'text'`),
    },
    emits: [['text', 'text', 7, 'function']],
  },
  'a package that creates its require': {
    files: {
      'a.mjs': `import version from 'creates'\nexport const handler = (event, c) => c.emit('out', version)`,
      ...packageOf(
        'creates',
        `import { createRequire } from 'module'\nconst require = createRequire(import.meta.url)\nexport default [require('./package.json').version, require('text')]`,
        { type: 'module' },
      ),
      ...packageOf('text', `module.exports = 'text'`),
    },
    emits: [['1.0.0', 'text']],
  },
  'require of a computed path, with and without an ending': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `const plug = (name) => require('./plug/' + name)\nexports.handler = (event, c) => c.emit('out', [plug('one'), plug('two.js'), plug('three'), plug('deep')])`,
      'plug/one.js': `module.exports = 1`,
      'plug/two.js': `module.exports = 2`,
      'plug/three.json': `3`,
      'plug/deep/index.js': `module.exports = 4`,
      'plug/README.md': 'No code.',
    },
    emits: [[1, 2, 3, 4]],
  },
  'a package requires a computed path without an ending': {
    files: {
      'a.mjs': `import locale from 'locales'\nexport const handler = (event, c) => c.emit('out', [locale('de'), locale('fr.js')])`,
      ...packageOf('locales', `module.exports = (name) => require('./locale/' + name)`),
      'node_modules/locales/locale/de.js': `module.exports = 'hallo'`,
      'node_modules/locales/locale/fr.js': `module.exports = 'salut'`,
      'node_modules/locales/locale/README.md': `No code.`,
    },
    emits: [['hallo', 'salut']],
  },
  'a package calls require by another name': {
    files: {
      'a.mjs': `import locale from 'locales'\nexport const handler = (event, c) => c.emit('out', [locale('de'), locale('none')])`,
      ...packageOf(
        'locales',
        `module.exports = (name) => { var load\n try { load = require; return load('./locale/' + name) + module.require('./more') } catch { return 'missing' } }`,
      ),
      'node_modules/locales/locale/de.js': `module.exports = 'hallo'`,
      'node_modules/locales/more.js': `module.exports = '!'`,
    },
    emits: [['hallo!', 'missing']],
  },
  'a package asks its module who requires it, and where it lies': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `const outer = require('outer')\nexports.handler = async (event, c) => c.emit('out', outer)`,
      ...packageOf('outer', `module.exports = require('./inner')`),
      'node_modules/outer/inner.js': `module.exports = [!module.parent, typeof module.filename, typeof module.id, typeof module.require, module.children.length, Array.isArray(module.paths), require.main === module]`,
    },
    emits: [[false, 'string', 'string', 'function', 0, true, false]],
  },
  'a hashbang with a carriage return': {
    files: {
      'a.mjs': `#!/usr/bin/env node\r\nimport { basename } from 'node:path'\r\nexport const handler = (event, c) => c.emit('out', basename(import.meta.url))\r\n`,
    },
    emits: ['a.mjs'],
  },
  'TypeScript imports JSON without an attribute': {
    files: {
      ...topologyOf('a.ts'),
      'a.ts': `import data from 'data/data.json'\nimport own from './own.json'\nimport { n } from './own.json'\nexport const handler = (event: unknown, c: any) => c.emit('out', [data.name, own.n, n])`,
      'own.json': '{ "n": 7 }',
      ...packageOf('data', ''),
      'node_modules/data/data.json': '{ "name": "data" }',
    },
    emits: [['data', 7, 7]],
  },
  'a default import stays the same when another module imports dynamically': {
    files: {
      ...topologyOf('a.ts'),
      'a.ts': `import whole from 'compiled'\nimport { later } from './later.ts'\nexport const handler = async (event: unknown, c: any) => c.emit('out', [typeof whole, (whole as any).default, await later()])`,
      'later.ts': `export const later = async () => (await import('compiled')).default.default`,
      ...packageOf(
        'compiled',
        `Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = 'default'`,
      ),
    },
    emits: [['object', 'default', 'default']],
  },
  'the text of a function runs elsewhere': {
    files: {
      ...topologyOf('a.ts'),
      'a.ts': `function outer(n: number) { const inner = (m: number) => m + 1; function more() { return inner(n) } return more() }
export default function (event: unknown, c: any) { return c.emit('out', [new Function('return (' + outer.toString() + ')(1)')(), outer.toString().includes('__name')]) }`,
    },
    emits: [[2, false]],
  },
  'functions and classes have their names, though others have the same': {
    files: {
      'a.mjs': `import other, { Same as S, same as s } from './other.mjs'\nfunction same() {}\nclass Same {}\nexport const handler = (event, c) => c.emit('out', [same.name, Same.name, s.name, S.name, other.name])`,
      'other.mjs': `export function same() {}\nexport class Same {}\nexport default () => {}`,
    },
    emits: [['same', 'Same', 'same', 'Same', 'default']],
  },
  'variables are dead before they are declared': {
    files: {
      'a.mjs': `import { early } from './b.mjs'\nexport const late = 1\nexport const handler = (event, c) => c.emit('out', early)`,
      'b.mjs': `import { late } from './a.mjs'\nexport let early = 'none'\ntry { early = String(late) } catch (error) { early = error.name }`,
    },
    emits: ['ReferenceError'],
  },
  'names beyond ASCII, and stars and spaces in folders': {
    files: {
      'topology.json': '{ "name": "same", "processors": { "a": "./größe *1/a b.mjs" } }',
      'größe *1/a b.mjs': `import { ß } from './ß.mjs'\nimport old from './ünï.cjs'\nexport const handler = (event, c) => c.emit('out', [ß, old])`,
      'größe *1/ß.mjs': `export const ß = 'ß'`,
      'größe *1/ünï.cjs': `module.exports = 'ü'`,
    },
    emits: [['ß', 'ü']],
  },
  'what has no ending is found as Node finds it, TypeScript last': {
    files: {
      ...topologyOf('a.cjs'),
      'a.cjs': `exports.handler = (event, c) => c.emit('out', require('./p').kind)`,
      'p.js': `exports.kind = 'js'`,
      'p.tsx': `export const kind = 'tsx'`,
      'p.ts': `export const kind = 'ts'`,
    },
    emits: ['js'],
  },
  'modules await at their top, and are imported while others run': {
    files: {
      'a.mjs': `import { ready } from './ready.mjs'\nexport const handler = async (event, c) => { const later = await import('./later.mjs'); await c.emit('out', [ready, later.default, Object.keys(later)]) }`,
      'ready.mjs': `export const ready = await Promise.resolve('ready')`,
      'later.mjs': `import { ready } from './ready.mjs'\nexport default ready + ' later'\nexport const more = 1`,
    },
    emits: [['ready', 'ready later', ['default', 'more']]],
  },
  'an import of a computed path': {
    files: {
      ...topologyOf('a.ts'),
      'a.ts': `export const handler = async (event: unknown, c: any) => { const name = 'one'; c.emit('out', [(await import(\`./plug/\${name}.ts\`)).default, (await import('./plug/' + name + '.ts')).default]) }`,
      'plug/one.ts': `export default 1 as number`,
    },
    emits: [[1, 1]],
  },
  'a namespace of a CommonJS package has the names that Node finds': {
    files: {
      'a.mjs': `import * as space from 'names'\nexport const handler = (event, c) => c.emit('out', Object.keys(space).filter((name) => name !== 'module.exports').sort())`,
      ...packageOf(
        'names',
        `exports.one = 1\nexports['two'] = 2\nmodule.exports[(() => 'three')()] = 3\n__exportStar(require('./more.js'), exports)\nfunction __exportStar(from, to) { Object.assign(to, from) }`,
      ),
      'node_modules/names/more.js': `exports.four = 4`,
    },
    emits: [['default', 'four', 'one', 'two']],
  },
}
