// Builds dist/: esbuild makes the JavaScript (entries share chunks, loaded when needed), tsc the declarations.
// Tests build the JavaScript alone, before they run (`setup`); `--types` builds the declarations alone.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { builtinsAtHand } from './builtins.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

export { buildCode as setup }

/** What several commands need is in cli.cjs, which is loaded before them: each file more costs a hundredth of `node -e 0`. */
const SHARED = [
  'errors',
  'topology/name',
  'cli/command',
  'cli/commands',
  'cli/duration',
  'cli/host',
  'cli/print',
  'project/maker',
  'project/modules',
]

/**
 * Commands that call no cloud are scripts, like what is shared: src/cli/scripts.ts keeps what V8 compiled of those. Each is
 * one file, what it loads when needed included, since what is not called costs nothing once compiled code is kept.
 */
const LOCAL = ['check', 'completion', 'graph', 'init', 'simulate']

async function buildCode() {
  const shared = ['cli/main', ...SHARED].map((name) => `export * from './${name}.ts'`).join('\n')
  const cloud = readdirSync(`${root}src/cli/commands`)
    .map((name) => name.slice(0, -3))
    .filter((name) => !LOCAL.includes(name))
  const outputs = [
    await bundle({ entryPoints: { scripts: 'src/cli/scripts.ts' }, outdir: 'dist', ...COMMON_JS }),
    await bundleScript('cli', { stdin: { contents: shared, resolveDir: `${root}src` }, plugins: [commandsApart] }),
    ...(await Promise.all(
      LOCAL.map((name) =>
        bundleScript(name, { entryPoints: [`src/cli/commands/${name}.ts`], plugins: [sharedApart('./cli.cjs')] }),
      ),
    )),
    await bundle({
      entryPoints: Object.fromEntries(cloud.map((name) => [name, `src/cli/commands/${name}.ts`])),
      outdir: 'dist',
      splitting: true,
      plugins: [sharedApart('./cli.js'), builtinsAtHand],
      minifyIdentifiers: true,
    }),
    writeFacade(await namesIn(shared)),
    // What a project imports shares no file with the commands, so that it comes in few; its names are seen by users.
    await bundle({
      entryPoints: { index: 'src/index.ts', testing: 'src/testing.ts' },
      outdir: 'dist',
      splitting: true,
    }),
    // Deployed functions are bundled of these.
    await bundle({ entryPoints: functionModules(), outdir: 'dist', splitting: true, plugins: [builtinsAtHand] }),
  ].flat()
  for (const name of readdirSync(`${root}dist`)) {
    const isOurs = /\.(c?js|compiled(-\d+)?)$/.test(name)
    if (isOurs && !outputs.includes(`dist/${name}`)) rmSync(`${root}dist/${name}`)
  }
}

const COMMON_JS = { format: 'cjs', outExtension: { '.js': '.cjs' } }

/** Writes a script for src/cli/scripts.ts, which says what that is. */
async function bundleScript(name, options) {
  const { outputFiles } = await bundleFiles({
    ...options,
    ...COMMON_JS,
    outdir: 'dist',
    write: false,
    minifyIdentifiers: true,
    define: { 'import.meta.url': '__url' },
  })
  const body = outputFiles[0].text
    .replaceAll(/(?<![\w$.])import\(/g, '__load(')
    // Esbuild writes ASCII, regular expressions apart.
    .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const wrapped = `(function(require,__load,__url){var module={exports:{}};${body.trimEnd()}\nreturn module.exports})`
  const digest = createHash('sha256').update(wrapped).digest('hex').slice(0, 16)
  writeFileSync(`${root}dist/${name}.cjs`, `/*${digest}*/${wrapped}`)
  return `dist/${name}.cjs`
}

/** For commands that are modules: the exports of the script that runs them. */
function writeFacade(names) {
  const scripts = "process.getBuiltinModule('node:module').createRequire(import.meta.url)('./scripts.cjs')"
  writeFileSync(`${root}dist/cli.js`, `export const{${names}}=${scripts}.running().load('cli')\n`)
  return 'dist/cli.js'
}

async function namesIn(contents) {
  const { metafile } = await bundleFiles({
    stdin: { contents, resolveDir: `${root}src` },
    outfile: 'dist/cli.js',
    write: false,
    plugins: [commandsApart],
  })
  return metafile.outputs['dist/cli.js'].exports
}

/** What src/bundle/own-files.ts looks for, by name. */
function functionModules() {
  const source = readFileSync(`${root}src/bundle/own-files.ts`, 'utf8')
  const rows = [...source.matchAll(/^ {2}'(function-[\w-]+)': '(.+)',$/gm)]
  return Object.fromEntries(rows.map(([, name, file]) => [name, `src/${file}`]))
}

async function bundle(options) {
  const { metafile } = await bundleFiles(options)
  return Object.keys(metafile.outputs)
}

function bundleFiles({ plugins = [], ...options }) {
  return build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    ...options,
    platform: 'node',
    target: 'node20.19',
    external: ['esbuild'],
    plugins: [builtinsRequired, colorsTold, ...plugins],
    // Reading code is a fifth of what a command costs before it runs.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
}

const commandsApart = {
  name: 'commands-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/commands\// }, ({ kind, path }) => {
      const name = basename(path, '.ts')
      const file = `./${name}.${LOCAL.includes(name) ? 'cjs' : 'js'}`
      return kind === 'dynamic-import' ? { path: file, external: true } : undefined
    })
  },
}

const sharedApart = (file) => ({
  name: 'shared-apart',
  setup(build) {
    const files = new Set(SHARED.map((name) => resolve(root, 'src', `${name}.ts`)))
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) =>
      files.has(resolve(resolveDir, path)) ? { path: file, external: true } : undefined,
    )
  },
})

/**
 * What CommonJS dependencies require of Node, for ES modules. Commander does without `child_process`, by which it would
 * run commands that are programs of their own: loading it costs a seventh of what `node -e 0` takes in all.
 */
const builtinsRequired = {
  name: 'builtins-required',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ kind, path, importer }) => {
      if (kind !== 'require-call' || !isBuiltin(path)) return undefined
      const left = /child_process$/.test(path) && /node_modules.commander/.test(importer)
      return { path, namespace: left ? 'builtin-left-out' : 'builtin' }
    })
    build.onLoad({ filter: /./, namespace: 'builtin-left-out' }, () => ({ contents: 'module.exports = {}' }))
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
  },
}

/** Picocolors is told whether to paint, and need not open stdout to find out. */
const colorsTold = {
  name: 'colors-told',
  setup(build) {
    build.onLoad({ filter: /[/\\]picocolors[/\\]picocolors\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace('(p.stdout || {}).isTTY', 'false')
      if (contents === source) throw new Error(`${path} looks for its terminal in another way than before`)
      return { contents }
    })
  },
}

function buildTypes() {
  rmSync(`${root}dist/types`, { recursive: true, force: true })
  const tsc = `${root}node_modules/typescript/bin/tsc`
  execFileSync(process.execPath, [tsc, '-p', '.ci/tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--types')) await buildCode()
  buildTypes()
}
