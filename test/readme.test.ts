import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { install, root } from './install.ts'

/*
 * The code of the README and of the pages in docs is run as it stands there. Every `##` section has its own folder,
 * in which, from top to bottom:
 * - a block below a line that is only the path of a file, as code, is written to that file;
 * - each line `$ COMMAND` of a ```console block is run, and the lines below it must be what it prints. `…` stands for
 *   any text, or for any lines if it is alone on its line. `npm install` and `npm link` link packages that are installed here.
 * Blocks of sh and text are for the reader. A block of any other language must be a file.
 */

interface Block {
  readonly page: string
  readonly section: string
  readonly line: number
  readonly language: string
  readonly file: string | undefined
  readonly text: string
}

function blocksOf(page: string): Block[] {
  const markdown = readFileSync(join(root, page), 'utf8')
  const blocks: Block[] = []
  let section = ''
  let open: { language: string; line: number; file: string | undefined; lines: string[] } | undefined
  let previous = ''
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open === undefined) {
      if (line.startsWith('## ')) section = line.slice(3)
      if (line.startsWith('```')) open = { language: line.slice(3), line: index + 1, file: fileIn(previous), lines: [] }
      if (line !== '') previous = line
    } else if (line === '```') {
      blocks.push({ ...open, page, section, text: open.lines.map((each) => `${each}\n`).join('') })
      previous = ''
      open = undefined
    } else {
      open.lines.push(line)
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: this block has no end`)
  return blocks
}

function fileIn(line: string): string | undefined {
  return /^`(\S+)`$/.exec(line)?.[1]
}

function commandsOf(text: string): { command: string; output: string }[] {
  const [before, ...commands] = text.split(/^\$ /m)
  if (before !== '') throw new Error(`a console block begins with "$ ", not with ${before}`)
  return commands.map((each) => {
    const end = each.indexOf('\n')
    return { command: each.slice(0, end), output: each.slice(end + 1).trim() }
  })
}

/** Runs one command line in `cwd`. Returns its output and the folder in which it ended. */
function run(command: string, cwd: string): { output: string; cwd: string } {
  const [, packages] = /^npm (?:install|link)((?: @?[\w/-]+)*)$/.exec(command) ?? []
  if (packages !== undefined) {
    install(cwd, packages.split(' ').filter(Boolean))
    return { output: '', cwd }
  }
  const script = `
    attak() { "${process.execPath}" "${root}bin/attak.js" "$@"; }
    npx() { if [ "$1" = attak ]; then shift; attak "$@"; else command npx --no-install "$@"; fi; }
    { ${command}
    } 2>&1; pwd >&3`
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, TEST_RESULTS: undefined, VITEST: undefined }
  const ran = spawnSync('bash', ['-c', script], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  return { output: ran.stdout.trim(), cwd: ran.output[3]?.trim() ?? cwd }
}

/** The pattern of a shown output: `…` on a line is any text of it, alone on a line any lines. */
function patternOf(shown: string): RegExp {
  const lines = shown.split('\n').map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?'
    const text = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    return `${text.join('.*')} *\\n`
  })
  return new RegExp(`^${lines.join('')}$`)
}

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((page) =>
  page.endsWith('.md'),
)
const blocks = ['README.md', ...docs.map((page) => `docs/${page}`)].flatMap(blocksOf)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-readme-test-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the README has the commands for the main job and the tests in a clean clone', () => {
  expect(readme).toContain('npm ci && npx attak simulate examples/github-events\n')
  expect(readme).toContain('npm ci && npm test\n')
})

test('no page has code that is not run', () => {
  const idle = blocks.filter(({ file, language }) => !file && !['console', 'sh', 'text'].includes(language))
  expect(idle.map(({ page, line, language }) => `${page}:${line}: ${language}`)).toEqual([])
})

const sections = [...new Set(blocks.map(({ page, section }) => `${page}: ${section}`))]

test.each(sections)(
  '%s does what it shows',
  (section) => {
    const project = mkdtempSync(join(folder, 'section-'))
    let cwd = project
    for (const block of blocks.filter(({ page, section: of }) => `${page}: ${of}` === section)) {
      const { file, language, text, page, line } = block
      if (file !== undefined) {
        mkdirSync(dirname(join(project, file)), { recursive: true })
        writeFileSync(join(project, file), text)
      } else if (language === 'console') {
        for (const { command, output } of commandsOf(text)) {
          const ran = run(command, cwd)
          cwd = ran.cwd
          expect(`${ran.output}\n`, `${page}:${line}: $ ${command}`).toMatch(patternOf(output))
        }
      }
    }
  },
  60_000,
)
