import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findOwnPackage } from '../../../src/project/own-package.ts'
import { TEMPLATES } from '../../../src/project/template.ts'
import { attak } from '../fake-host.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'attak-init-test-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

function filesIn(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

function read(...path: string[]): string {
  return readFileSync(join(cwd, ...path), 'utf8')
}

/** Runs `attak init` before somebody who types each answer when its question is seen; gives the questions that never came, too. */
async function answer(answers: readonly (readonly [question: RegExp, keys: string])[]) {
  const left = [...answers]
  const stdin = new PassThrough()
  let seen = ''
  const ended = await attak(cwd, ['init'], {
    interactive: true,
    stdin,
    columns: 200,
    onErr(text) {
      seen += text
      if (!left[0]?.[0].test(seen)) return
      const [, keys] = left.shift()!
      setImmediate(() => stdin.write(keys))
    },
  })
  return { ...ended, unasked: left }
}

describe('attak init', () => {
  test('creates a TypeScript project in a folder with the given name, and prints the next steps', async () => {
    expect(await attak(cwd, ['init', 'words'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "Created words/ from hello-world (TypeScript): 10 files.

      Next:
        attak simulate words      run it; this needs no installation
        cd words && npm install   install what its test and your editor need
        npm test                  run its test
      ",
      }
    `)
    expect(filesIn(join(cwd, 'words'))).toMatchInlineSnapshot(`
      [
        ".gitignore",
        ".vscode/launch.json",
        "README.md",
        "input.json",
        "package.json",
        "processors/reverse.ts",
        "processors/spout.ts",
        "test/topology.test.ts",
        "topology.ts",
        "tsconfig.json",
      ]
    `)
    expect(read('words', 'topology.ts')).toContain("name: 'words'")
    expect(JSON.parse(read('words', 'package.json'))).toMatchObject({ name: 'words', main: 'topology.ts' })
    expect(filesIn(cwd).filter((path) => !path.startsWith('words/'))).toEqual([])
  })

  test('creates a JavaScript project from the given template', async () => {
    const { code } = await attak(cwd, ['init', 'shop', '--template', 'orders', '--language', 'javascript'])
    expect(code).toBe(0)
    expect(filesIn(join(cwd, 'shop'))).toMatchInlineSnapshot(`
      [
        ".gitignore",
        ".vscode/launch.json",
        "README.md",
        "input.json",
        "order.js",
        "package.json",
        "processors/billing.js",
        "processors/intake.js",
        "processors/mailer.js",
        "processors/packing.js",
        "refused.json",
        "test/topology.test.js",
        "topology.js",
      ]
    `)
  })

  test('asks nothing without a terminal and uses the defaults', async () => {
    const { code, err } = await attak(cwd, ['init'], { stdin: new PassThrough() })
    expect([code, err]).toEqual([0, ''])
    expect(read('my-topology', 'topology.ts')).toContain("name: 'my-topology'")
  })

  test('asks nothing with --yes or --json, on a terminal too', async () => {
    const terminal = { interactive: true, stdin: new PassThrough() }
    expect(await attak(cwd, ['init', 'a', '--yes'], terminal)).toMatchObject({ code: 0, err: '' })
    expect(await attak(cwd, ['init', 'b', '--json'], terminal)).toMatchObject({ code: 0, err: '' })
  })

  test('--json prints what was created', async () => {
    const { out } = await attak(cwd, ['init', 'words', '--json', '--language', 'javascript'])
    expect(JSON.parse(out)).toEqual({
      name: 'words',
      dir: join(cwd, 'words'),
      template: 'hello-world',
      language: 'javascript',
      files: filesIn(join(cwd, 'words')),
    })
  })

  test('asks for missing arguments on a terminal', async () => {
    const { code, out, unasked } = await answer([
      [/Name of the project/, 'words\r'],
      [/Which template/, '\u001b[B\r'],
      [/Which language/, '\r'],
    ])
    expect([code, unasked]).toEqual([0, []])
    expect(out).toContain('Created words/ from orders (TypeScript)')
    expect(existsSync(join(cwd, 'words', 'order.ts'))).toBe(true)
  })

  test('asks again after a refused name', async () => {
    const { code, out, unasked } = await answer([
      [/Name of the project/, 'my words\r'],
      [/Rename it, for example to "my-words"/, '\u0015words\r'],
      [/Which template/, '\r'],
      [/Which language/, '\r'],
    ])
    expect([code, unasked]).toEqual([0, []])
    expect(out).toContain('Created words/')
  })

  test('asks nothing more once the folder is refused', async () => {
    writeFileSync(join(cwd, 'words'), '')
    const { code, err } = await attak(cwd, ['init', 'words'], { interactive: true, stdin: new PassThrough() })
    expect(code).toBe(1)
    expect(err).toMatch(/^\[FOLDER_NOT_EMPTY\]/)
  })

  test('creates nothing if the user interrupts', async () => {
    const stdin = new PassThrough()
    const { code, err } = await attak(cwd, ['init'], {
      interactive: true,
      stdin,
      onErr: (text) => text.includes('Name of the project') && setImmediate(() => stdin.write('\u0003')),
    })
    expect(code).toBe(130)
    expect(err).toContain('Created nothing.')
    expect(readdirSync(cwd)).toEqual([])
  })

  test('uses the current folder if it has only .git', async () => {
    const here = join(cwd, 'my.words v2')
    mkdirSync(join(here, '.git'), { recursive: true })
    const inode = statSync(here).ino
    const { code, out } = await attak(here, ['init', '.'])
    expect(code).toBe(0)
    expect(out).toContain('Created my-words-v2 from hello-world')
    expect(out).toContain('  attak simulate  ')
    expect(read('my.words v2', 'topology.ts')).toContain("name: 'my-words-v2'")
    expect(statSync(here).ino).toBe(inode)
    expect(readdirSync(here)).not.toContainEqual(expect.stringContaining('.attak-init'))
  })

  test('creates parent folders too, with the usual permissions', async () => {
    const { code, out } = await attak(cwd, ['init', 'apps/words'])
    expect(code).toBe(0)
    expect(out).toContain('  attak simulate apps/words')
    expect(statSync(join(cwd, 'apps', 'words')).mode).toBe(statSync(join(cwd, 'apps')).mode)
  })

  test('names the package in lowercase, as npm requires', async () => {
    await attak(cwd, ['init', 'Words'])
    expect(JSON.parse(read('Words', 'package.json')).name).toBe('words')
    expect(read('Words', 'topology.ts')).toContain("name: 'Words'")
  })
})

describe('attak init refuses', () => {
  test('a folder that is not empty, and touches nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      mkdirSync(join(cwd, 'words'), { recursive: true })
      writeFileSync(join(cwd, 'words', name), name)
    }
    const { code, out, err } = await attak(cwd, ['init', 'words'])
    expect([code, out]).toEqual([1, ''])
    expect(err.replace(cwd, '…')).toMatchInlineSnapshot(`
      "[FOLDER_NOT_EMPTY] …/words is not empty: it has a, b, c and 2 more; nothing was written. Choose another name, or an empty folder: attak init <name>
      "
    `)
    expect(filesIn(cwd)).toEqual(['words/a', 'words/b', 'words/c', 'words/d', 'words/e'])
    expect((await attak(join(cwd, 'words'), ['init', '.'])).code).toBe(1)
  })

  test('a path that is a file, or goes through one', async () => {
    writeFileSync(join(cwd, 'words'), '')
    expect((await attak(cwd, ['init', 'words'])).err.replace(cwd, '…')).toMatchInlineSnapshot(`
      "[FOLDER_NOT_EMPTY] …/words is a file, or in one. Choose another name: attak init <name>
      "
    `)
    expect((await attak(cwd, ['init', 'words/more'])).code).toBe(1)
    expect(filesIn(cwd)).toEqual(['words'])
  })

  test('a name that a topology cannot have', async () => {
    expect((await attak(cwd, ['init', 'wörter--alle'])).err).toMatchInlineSnapshot(`
      "[TOPOLOGY_INVALID] a topology cannot be named "wörter--alle": a name must be 1 to 40 letters, digits, "-" and "_", begin with a letter or digit, and hold no "--". Rename it, for example to "worter-alle".
      "
    `)
    for (const name of ['_a', 'a b', 'a.b', 'a--b', '名', 'a'.repeat(41), '']) {
      const { code, err } = await attak(cwd, ['init', name])
      expect([name, code, err]).toEqual([name, 1, expect.stringContaining('[TOPOLOGY_INVALID]')])
    }
    expect(readdirSync(cwd)).toEqual([])
  })

  test('an unknown template or language', async () => {
    expect(await attak(cwd, ['init', 'words', '--template', 'hello'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('hello-world, orders'),
    })
    expect(await attak(cwd, ['init', 'words', '--language', 'coffee'])).toMatchObject({ code: 2 })
    expect(readdirSync(cwd)).toEqual([])
  })
})

describe('the templates', () => {
  const { root } = findOwnPackage()
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const versions = { ...own.devDependencies, ...own.dependencies, attak: `^${own.version}` }

  test('are the folders in templates', () => {
    expect(readdirSync(join(root, 'templates'))).toEqual(Object.keys(TEMPLATES))
  })

  test.each(Object.keys(TEMPLATES))('%s depends on the versions that it is tested with', (template) => {
    for (const language of ['typescript', 'javascript']) {
      const file = join(root, 'templates', template, language, 'package.json')
      const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8'))
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect([name, version]).toEqual([name, versions[name]])
      }
    }
  })
})
