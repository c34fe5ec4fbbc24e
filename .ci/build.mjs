// Builds dist/: esbuild makes the JavaScript, tsc the declarations. Tests build the JavaScript before they run (`setup`);
// `--types` builds the declarations alone.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { builtinsAtHand } from './builtins.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { peerDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

export { buildCode as setup }

async function buildCode() {
  const outputs = await Promise.all([
    // Commands are loaded when they are called. What they share is in chunks.
    bundle({ entryPoints: { cli: 'src/cli/main.ts' }, banner: { js: REQUIRE }, ...OWN_GLOBALS }),
    // What a project imports shares no file with the commands, so a project loads few files. Users see its names in stacks.
    bundle({
      entryPoints: { index: 'src/index.ts', testing: 'src/testing.ts' },
      minifyIdentifiers: false,
      banner: { js: REQUIRE },
      ...OWN_GLOBALS,
    }),
    // Deployed functions are bundled from these.
    bundle({ entryPoints: functionModules(), minifyIdentifiers: false, plugins: [builtinsAtHand] }),
  ])
  const current = new Set(outputs.flat())
  for (const name of readdirSync(`${root}dist`)) {
    if (/\.c?js$|\.compiled/.test(name) && !current.has(`dist/${name}`)) rmSync(`${root}dist/${name}`)
  }
  for (const name of ['index', 'testing']) writeFileSync(`${root}dist/${name}.cjs`, requiredOutside(name))
}

/**
 * `attak` and `attak/testing` for the `require` of Jest, which runs tests in a sandbox that loads no ES modules; its `process` is a
 * copy. This loads attak, and so the processors, outside of the sandbox, by the `require` of Node itself.
 */
function requiredOutside(name) {
  return `'use strict'
const { getBuiltinModule } = require('node:vm').runInThisContext('process')
module.exports = getBuiltinModule('node:module').createRequire(__filename)('./${name}.js')
`
}

/** Has `setTimeout` and `JSON.stringify` mean the `own_setTimeout` and `own_JSON_stringify` of `own-globals.mjs`. */
const OWN_GLOBALS = {
  inject: ['.ci/own-globals.mjs'],
  define: Object.fromEntries(
    Object.keys(await import('./own-globals.mjs')).map((name) => [name.slice('own_'.length).replace('_', '.'), name]),
  ),
}

/** CommonJS packages require what is built into Node. */
const REQUIRE = 'import{getBuiltinModule as require}from"node:process";'

/** Returns the modules that artifacts import; `attak/receivers/…` are some of them: `{ 'function-hosts-lambda-entry': 'src/hosts/lambda/entry.ts' }`. */
export function functionModules() {
  const paths = readdirSync(`${root}src`, { recursive: true }).map((path) => path.replaceAll('\\', '/'))
  const modules = paths.filter((path) => FUNCTION_MODULE.test(path)).map((path) => path.replace(/\.ts$/, ''))
  return Object.fromEntries(modules.map((path) => [`function-${path.replaceAll('/', '-')}`, `src/${path}.ts`]))
}

const FUNCTION_MODULE =
  /^(?:hosts\/\w+\/(?:entry|invoker|handled)|carriers\/\w+\/(?:send|receive)|stores\/\w+\/store|receivers\/\w+\/receiver|bundle\/load-\w+|runtime\/spans)\.ts$/

/** Builds entries into dist/. Returns the files it wrote: `['dist/cli.js', …]`. */
async function bundle(options) {
  const { metafile } = await build({
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Projects install the clients of brokers and backends that they need.
    external: ['esbuild', ...Object.keys(peerDependencies)],
    // Node reads and compiles all of a file: small files make commands start sooner.
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    ...options,
  })
  return Object.keys(metafile.outputs)
}

function buildTypes() {
  rmSync(`${root}dist/types`, { recursive: true, force: true })
  const tsc = `${root}node_modules/typescript/bin/tsc`
  execFileSync(process.execPath, [tsc, '-p', '.ci/tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
}

/** Builds all of dist/. npm calls it in a clone; it also calls `prepare` in a packed attak that a project links to, which has no `.ci`. */
export async function buildAll() {
  await buildCode()
  buildTypes()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--types')) buildTypes()
  else await buildAll()
}
