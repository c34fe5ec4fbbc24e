// Builds dist/: esbuild makes the JavaScript (entries share chunks, loaded when needed), tsc the declarations.
// Tests build the JavaScript alone, before they run (`setup`); `--types` builds the declarations alone.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

export { buildCode as setup }

async function buildCode() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts', testing: 'src/testing.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['esbuild'],
    // commander and other CommonJS dependencies call require for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  })
  for (const name of readdirSync(`${root}dist`)) {
    if (name.endsWith('.js') && metafile.outputs[`dist/${name}`] === undefined) rmSync(`${root}dist/${name}`)
  }
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
