// Makes each template's javascript folder from its typescript folder, so that nobody writes a template twice: types are
// blanked, the result is formatted, file names follow. With --check it writes nothing and fails where that would differ.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import tsBlankSpace from 'ts-blank-space'

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')

for (const template of readdirSync(join(root, 'templates'))) {
  const to = join(root, 'templates', template, 'javascript')
  const wanted = javascriptOf(join(root, 'templates', template, 'typescript'))
  if (check) refuseDifference(to, wanted)
  else write(to, wanted)
}

function javascriptOf(from) {
  const files = new Map()
  for (const [path, text] of filesIn(from)) {
    if (path === 'tsconfig.json') continue
    if (path === 'package.json') files.set(path, packageOf(text))
    else if (!path.endsWith('.ts')) files.set(path, renamed(text))
    else if (hasCode(tsBlankSpace(text))) files.set(renamed(path), formatted(renamed(path), tsBlankSpace(text)))
  }
  return files
}

function filesIn(dir) {
  if (!existsSync(dir)) return new Map()
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(
    // What simulating a template leaves behind is no part of it.
    (entry) => entry.isFile() && !relative(dir, entry.parentPath).startsWith('.attak'),
  )
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  return new Map(paths.map((path) => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]))
}

function renamed(text) {
  return text.replace(/\.ts\b/g, '.js')
}

/** A module of nothing but types leaves its comments behind. */
function hasCode(text) {
  return text.replace(/\/\*.*?\*\/|\/\/.*/gs, '').trim() !== ''
}

function packageOf(text) {
  const data = JSON.parse(renamed(text))
  data.scripts.check = 'attak check'
  delete data.devDependencies.typescript
  delete data.devDependencies['@types/node']
  return `${JSON.stringify(data, null, 2)}\n`
}

function formatted(path, text) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const input = renamed(text).trimStart()
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], { cwd: root, input }).toString()
}

function write(to, wanted) {
  rmSync(to, { recursive: true, force: true })
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    writeFileSync(join(to, path), text)
  }
}

function refuseDifference(to, wanted) {
  const found = filesIn(to)
  for (const path of new Set([...wanted.keys(), ...found.keys()])) {
    if (wanted.get(path) === found.get(path)) continue
    process.stderr.write(`${join(to, path)} is not what its TypeScript gives: run npm run templates\n`)
    process.exitCode = 1
  }
}
