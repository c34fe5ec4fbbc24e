// Draws the terminal picture of the README, docs/start/bad-event.svg, from a real run: `npm run picture`.
// The files and the commands are those of the README's section "Find one bad event in 10,000".
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const SECTION = '## Find one bad event in 10,000\n'

/** The picture's file. */
export const PICTURE = join(root, 'docs/start/bad-event.svg')

/** Runs the commands of the README's section, and returns what a terminal shows: text with ANSI colors. */
export function record() {
  const [, rest = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(SECTION)
  const [section = ''] = rest.split('\n## ')
  const cwd = mkdtempSync(join(tmpdir(), 'attak-picture-'))
  try {
    for (const [, file, text] of section.matchAll(/^`(\S+)`\n+```\w+\n(.*?)^```/gms)) {
      writeFileSync(join(cwd, file), text)
    }
    const blocks = [...section.matchAll(/^```console\n(.*?)^```/gms)].map(([, text]) => text).join('')
    return blocks
      .split(/^\$ /m)
      .slice(1)
      .map((block) => recordOne(block, cwd))
      .join('\n')
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** Runs one command, and returns the lines of its output that the README shows; `…` stands for the others. */
function recordOne(block, cwd) {
  const [command, ...shown] = block.trimEnd().split('\n')
  const lines = run(command, cwd).split('\n')
  const kept = shown.map((line) => {
    if (line === '…') return `${DIM}…\x1b[22m`
    const found = lines.findIndex((each) => patternOf(line).test(each.replaceAll(COLOR, '')))
    if (found === -1) throw new Error(`"${command}" does not print the line "${line}" of the README.`)
    return cut(lines.splice(0, found + 1).at(-1))
  })
  return [`${DIM}$\x1b[22m \x1b[1m${command}\x1b[22m`, ...kept, ''].join('\n')
}

const ESCAPE = '\x1b'
const DIM = '\x1b[2m'
const COLOR = new RegExp(`(${ESCAPE}\\[\\d+m)`, 'g')

function patternOf(line) {
  const parts = line.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

function run(command, cwd) {
  const script = `attak() { "${process.execPath}" "${root}bin/attak.js" "$@"; }\n${command}`
  const { NO_COLOR, TEST_RESULTS, VITEST, ...env } = process.env
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd,
    env: { ...env, FORCE_COLOR: '1' },
    encoding: 'utf8',
  })
  return stdout + stderr
}

const COLUMNS = 98

/** Cuts a line to the width of the picture. */
function cut(line) {
  if (line.replaceAll(COLOR, '').length <= COLUMNS) return line
  let left = COLUMNS - 1
  const pieces = line.split(COLOR).map((piece) => {
    if (piece.startsWith('\x1b')) return piece
    const shown = piece.slice(0, left)
    left -= shown.length
    return shown
  })
  return `${pieces.join('')}…`
}

const FILLS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea' }
const LINE_HEIGHT = 19
const CHARACTER_WIDTH = 8.43
const MARGIN = 18

/** Returns an SVG that shows a text with ANSI colors as a terminal would. */
export function draw(text) {
  const lines = text.trimEnd().split('\n')
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * MARGIN)
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN
  const rows = lines.map((line, index) => {
    const y = MARGIN + (index + 0.75) * LINE_HEIGHT
    return `<text x="${MARGIN}" y="${y}">${spans(line)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">
<title>attak finds one bad event among 10,000, fixes the code and replays the event</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #e6edf3 }
.bold { font-weight: bold }
.dim { fill: #8b949e }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`
}

function spans(line) {
  const style = { bold: false, dim: false, color: undefined }
  return line
    .split(COLOR)
    .map((piece) => {
      const [code] = piece.startsWith('\x1b') ? /\d+/.exec(piece) : []
      if (code === undefined) return span(piece, style)
      if (code === '1') style.bold = true
      else if (code === '2') style.dim = true
      else if (code === '22' || code === '0') Object.assign(style, { bold: false, dim: false })
      if (code in FILLS) style.color = FILLS[code]
      else if (code === '39' || code === '0') style.color = undefined
      return ''
    })
    .join('')
}

function span(text, { bold, dim, color }) {
  if (text === '') return ''
  const escaped = text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character])
  const classes = [bold && 'bold', dim && 'dim'].filter(Boolean).join(' ')
  const attributes = `${classes && ` class="${classes}"`}${color ? ` style="fill:${color}"` : ''}`
  return attributes === '' ? escaped : `<tspan${attributes}>${escaped}</tspan>`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PICTURE, draw(record()))
