import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { functionModules } from '../.ci/build.mjs'
import { builtinsAtHand } from '../.ci/builtins.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Installs the peers, from their lockfile, where that has not happened yet. */
export function installPeers() {
  if (existsSync(`${ROOT}bench/node_modules/.package-lock.json`)) return
  runOrThrow('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], `${ROOT}bench`)
}

/** Compiles what the rows call of src/ into bench/dist/, and what artifacts are bundled of beside it. */
export async function compileEngine() {
  await compile({
    attak: 'bench/attak.ts',
    bundling: 'bench/bundling.ts',
    deploy: 'bench/deploy.ts',
    wire: 'bench/wire.ts',
  })
  await compile(functionModules(), { splitting: true, plugins: [builtinsAtHand] })
}

function compile(entryPoints, options = {}) {
  return build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: 'bench/dist',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['esbuild', 'archiver', 'tinyglobby'],
    logLevel: 'warning',
    ...options,
  })
}

/** Compiles what starts servers of brokers. */
export function compileServers() {
  return compile({ servers: 'bench/servers.ts' })
}

/** Builds dist/, which the rows of whole processes run. */
export function buildPackage() {
  runOrThrow(process.execPath, ['.ci/build.mjs'], ROOT)
}

function runOrThrow(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}`)
}
