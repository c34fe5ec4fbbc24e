// Builds dist/: esbuild makes the JavaScript (entries share chunks, loaded when needed), tsc the declarations.
// Tests build the JavaScript alone, before they run (`setup`); `--types` builds the declarations alone.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

export { buildCode as setup }

async function buildCode() {
  const outputs = [
    await bundle({ cli: 'src/cli/main.ts' }),
    // Apart from the commands: what a project imports shares no file with them, and comes in as few as can be.
    await bundle({ index: 'src/index.ts', testing: 'src/testing.ts' }),
  ].flat()
  for (const name of readdirSync(`${root}dist`)) {
    if (name.endsWith('.js') && !outputs.includes(`dist/${name}`)) rmSync(`${root}dist/${name}`)
  }
}

async function bundle(entryPoints) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['esbuild'],
    plugins: [builtinsRequired],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  return Object.keys(metafile.outputs)
}

/**
 * What CommonJS dependencies require of Node, for ES modules. Without `child_process`, which only commander asks for,
 * to run commands that are programs of their own: loading it costs a seventh of what `node -e 0` takes in all.
 */
const builtinsRequired = {
  name: 'builtins-required',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = ${/child_process$/.test(path) ? '{}' : `process.getBuiltinModule('${path}')`}`,
    }))
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
