// Builds dist/: esbuild makes the JavaScript (entries share chunks, loaded when needed), tsc the declarations.
// Tests build the JavaScript alone, before they run (`setup`); `--types` builds the declarations alone.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { builtinsAtHand } from './builtins.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

export { buildCode as setup }

/** What several commands need is in cli.js, which is loaded before them: each file more costs a hundredth of `node -e 0`. */
const SHARED = [
  'errors',
  'topology/name',
  'cli/command',
  'cli/commands',
  'cli/duration',
  'cli/host',
  'cli/print',
  'project/modules',
]

/** Commands that call no cloud share no file with others: what is split between them would come in many files. */
const LOCAL = ['check', 'completion', 'graph', 'init', 'simulate']

async function buildCode() {
  const shared = ['cli/main', ...SHARED].map((name) => `export * from './${name}.ts'`).join('\n')
  const commands = readdirSync(`${root}src/cli/commands`).map((name) => name.slice(0, -3))
  const bundleCommands = (names) =>
    bundle({
      entryPoints: Object.fromEntries(names.map((name) => [name, `src/cli/commands/${name}.ts`])),
      outdir: 'dist',
      splitting: true,
      plugins: [sharedApart, builtinsAtHand],
      minifyIdentifiers: true,
    })
  const outputs = [
    await bundle({
      stdin: { contents: shared, resolveDir: `${root}src` },
      outfile: 'dist/cli.js',
      plugins: [commandsApart, builtinsAtHand],
      minifyIdentifiers: true,
    }),
    ...(await Promise.all(LOCAL.map((name) => bundleCommands([name])))),
    await bundleCommands(commands.filter((name) => !LOCAL.includes(name))),
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
    if (name.endsWith('.js') && !outputs.includes(`dist/${name}`)) rmSync(`${root}dist/${name}`)
  }
}

/** What src/bundle/own-files.ts looks for, by name. */
function functionModules() {
  const source = readFileSync(`${root}src/bundle/own-files.ts`, 'utf8')
  const rows = [...source.matchAll(/^ {2}'(function-[\w-]+)': '(.+)',$/gm)]
  return Object.fromEntries(rows.map(([, name, file]) => [name, `src/${file}`]))
}

async function bundle({ plugins = [], ...options }) {
  const { metafile } = await build({
    ...options,
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
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
  return Object.keys(metafile.outputs)
}

const commandsApart = {
  name: 'commands-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/commands\// }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    )
  },
}

const sharedApart = {
  name: 'shared-apart',
  setup(build) {
    const files = new Set(SHARED.map((name) => resolve(root, 'src', `${name}.ts`)))
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) =>
      files.has(resolve(resolveDir, path)) ? { path: './cli.js', external: true } : undefined,
    )
  },
}

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
