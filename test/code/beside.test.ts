import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathsIn } from '../../src/code/beside.ts'

const FILE = '/project/lib/module.mjs'
const found = (text: string, cwd: string | undefined = '/project') =>
  pathsIn(text, { file: FILE, ...(cwd !== undefined && { cwd }) }).map(({ path }) => path)

test.each([
  [`new URL('../data.txt', import.meta.url)`, '/project/data.txt'],
  [`new URL('./a%20b.txt?x', import.meta.url)`, '/project/lib/a b.txt'],
  [`path.join(__dirname, 'a', '..', 'b.txt')`, '/project/lib/b.txt'],
  [`path.resolve(import.meta.dirname, '../b.txt')`, '/project/b.txt'],
  [`(0, node_path_1.join)(__dirname, "b.txt")`, '/project/lib/b.txt'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code that is read
  ['`${__dirname}/b.txt`', '/project/lib/b.txt'],
  [`__dirname + '/b' + '.txt'`, '/project/lib/b.txt'],
  [
    `const here = dirname(fileURLToPath(import.meta.url)); const data = join(here, 'data'); f(join(data, 'b.txt'))`,
    '/project/lib/data/b.txt',
  ],
  [`const url = new URL('.', import.meta.url); f(new URL('b.txt', url))`, '/project/lib/b.txt'],
  [`join(__dirname, process.env.DATA || 'data')`, '/project/lib/data'],
  [`process.env.DATA ?? join(__dirname, 'data')`, '/project/lib/data'],
  [`let here = ''; here = placeOf(globalThis); load(here + 'code.wasm')`, '/project/lib/code.wasm'],
  [`path ??= locate ? locate('code.wasm', here) : here + 'code.wasm'`, '/project/lib/code.wasm'],
  [`fs.readFileSync('./b.txt')`, '/project/b.txt'],
  [`await readFile('b.txt', 'utf8')`, '/project/b.txt'],
  [`join(process.cwd(), 'b.txt')`, '/project/b.txt'],
  [`path.resolve('b.txt')`, '/project/b.txt'],
])('a literal path in code is found: %s', (text, path) => {
  const paths = found(text)
  expect(paths).toContain(path)
})

test('a computed path is not found, nor one in a comment or a string', () => {
  expect(
    found(`
    import { join } from 'node:path'
    // join(__dirname, 'comment.txt')
    const text = "join(__dirname, 'string.txt')"
    let changed = 'a.txt'; changed = 'b.txt'
    export const handler = (name) => [join(__dirname, name), join(__dirname, changed), readFileSync(name), join('a', 'b')]
    export const url = () => readFileSync('https://example.org/a.txt')
  `),
  ).toEqual([])
  expect(found('this is { no code __dirname')).toEqual([])
})

test('a path relative to the current folder is reported only for code of the user', () => {
  expect(found(`readFileSync('b.txt'); join(__dirname, 'c.txt')`, '')).toHaveLength(2)
  expect(pathsIn(`readFileSync('b.txt'); join(__dirname, 'c.txt'); process.cwd()`, { file: FILE })).toEqual([
    { path: join('/project/lib', 'c.txt'), said: 'c.txt', at: 23 },
  ])
})
